"""Who is asking, and what they may do: one table for commands, one for fields, one for rows.

Everything not in the tables is refused. The planner compiles the read tables into its statements; the command
handler asks for every command; a test walks every field and mutation as every role.
"""

from service.identity.commands import COMMANDS, STEPS
from service.identity.fields import FIELDS, ROWS
from service.identity.roles import PUBLIC, Reach, Role, Viewer
from service.identity.watched import WATCHED, Watch, watched_as

__all__ = [
    "COMMANDS",
    "FIELDS",
    "PUBLIC",
    "ROWS",
    "STEPS",
    "WATCHED",
    "Reach",
    "Role",
    "Viewer",
    "Watch",
    "may_mutate",
    "may_read",
    "reach_of",
    "readers_of",
    "scope_of",
    "watched_as",
]


def readers_of(type_name: str) -> frozenset[Role] | None:
    """Who may read a type, but for fields of its own; None for one that the table does not know."""
    readers = FIELDS.get(type_name)
    if readers is None:
        # A page of rows is read like a row.
        readers = FIELDS.get(type_name.removesuffix("Connection").removesuffix("Edge"))
    return readers


def may_read(role: Role, type_name: str, field: str) -> bool:
    """Whether the role may read the field; a type the table does not know is nobody's."""
    readers = FIELDS.get(f"{type_name}.{field}") or readers_of(type_name)
    return readers is not None and role in readers


def scope_of(viewer: Viewer, type_name: str) -> str | None:
    """The condition that narrows what the viewer sees of a type's rows, or None for all of them."""
    return ROWS.get((viewer.role, type_name))


def reach_of(role: Role, command: str) -> Reach | None:
    """How far the role's command reaches, or None if it may not give it."""
    return COMMANDS[command].get(role)


def may_mutate(role: Role, mutation: str) -> bool:
    """Whether the role may give the command, or take the step that is none."""
    return role in STEPS.get(mutation, COMMANDS.get(mutation, {}))
