"""Webhooks: other systems are told of what the log records, after the Standard Webhooks specification.

Told from the log's positions, so never before a commit, and again after any fault: each endpoint is told of
every event of its topics at least once, in order, and knows a repetition by its message id.
"""
