"""The read tables: how the projections' rows come to PostgreSQL, live and anew.

The runner follows the log and folds what it brings; a rebuild makes the tables anew beside the live ones.
Nothing is decided here: what a row is, and how an event changes it, is the projections'.
"""
