"""Everything that touches the world: the log, the projections' runner, GraphQL, the command line.

The two exceptions here are the ones a person at the command line may see as one line instead of a traceback;
any room may raise them, or a kind of its own that derives from them.
"""


class BadInput(Exception):
    """Something the person gave is wrong: a setting, an argument, a file. Exit code 2; nothing happened."""


class Failure(Exception):
    """Something outside is not as it must be: a database that does not answer, a disk. Exit code 1."""
