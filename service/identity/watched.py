"""Which reads are accounted for (访问留痕): beside who may read, who has.

A key is a type, or a field of one; a field of a row counts for that row, by its id. Refused attempts are
accounted for wherever they happen, and need no line here.
"""

from dataclasses import dataclass

from domain.access import AccessKind

WATCHED: dict[str, AccessKind] = {
    "Official.code": AccessKind.PERSON,
    "Official.name": AccessKind.PERSON,
    "Official.post": AccessKind.PERSON,
    "Official.since": AccessKind.PERSON,
    "Official.unit": AccessKind.PERSON,
    "Report.evidence": AccessKind.EVIDENCE,
    "Event.state": AccessKind.LOG,
    "Event.stateText": AccessKind.LOG,
    "Event.salt": AccessKind.LOG,
    "Query.streamHistory": AccessKind.LOG,
    "Query.diff": AccessKind.LOG,
    "Query.accesses": AccessKind.ACCESSES,
    # Of those who have a token. Raters look at their box without one, and leave no trace (docs/rating.md).
    "Query.ratingBox": AccessKind.SEALED,
}

# What is told by the rows that were seen: without one, nothing was.
BY_ROW = frozenset({AccessKind.PERSON, AccessKind.EVIDENCE})
# How the row tells whose it is: by its id, or an event by its position (`domain.access.event_subject`).
ID = "{t}.id"
POSITION = "lpad(to_hex({t}.position), 32, '0')::uuid"


@dataclass(frozen=True)
class Watch:
    """A kind of access, and what of the schema it was to: a type where rows are told apart, else a field."""

    kind: AccessKind
    what: str

    @property
    def by_row(self) -> bool:
        return self.kind in BY_ROW or self.of_event

    @property
    def of_event(self) -> bool:
        """Whether it is to a field of an event of the log."""
        return self.what.startswith("Event.")

    @property
    def mark(self) -> str:
        """The key, which no response key can be, under which a row in an answer tells its id."""
        return f"#{self.what}"

    @property
    def told(self) -> str:
        """What a row tells, in SQL."""
        return POSITION if self.of_event else ID


_NOTHING: frozenset[Watch] = frozenset()
_WATCHES = {
    name: frozenset({Watch(kind, name.partition(".")[0] if kind in BY_ROW else name)})
    for name, kind in WATCHED.items()
}


def watched_as(type_name: str, field: str) -> frozenset[Watch]:
    """What reading the field is accounted for as."""
    return _WATCHES.get(f"{type_name}.{field}", _NOTHING)
