"""The command line: what is said there, and what is answered. The work is done in the rooms."""
