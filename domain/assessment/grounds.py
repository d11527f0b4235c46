"""Grounds (问责事由) of an accountability case: a registry, filled by whoever brings a ground.

A ground is declared once, by a code that never changes its meaning:

    register_ground(Ground("card", "red card", "红牌", topics=("card.given",)))

`topics` are the events such a case may rest on: it then names one of them by its position in the log. Without
topics the ground comes from outside (a letter, an audit report), and the case names it by its reference.
Where only some events of a topic will do, `shows` says which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.refusal import Refusal, require, require_line


@dataclass(frozen=True)
class Ground:
    code: str
    en: str
    zh: str
    topics: tuple[str, ...] = ()
    shows: Callable[[Any], bool] | None = None

    def require_shown(self, event: Any, field: str = "ground") -> None:
        """Refused where the event is not of those that will do."""
        held = self.shows is None or self.shows(event)
        require(held, "ground.not_shown", field=f"{field}.position", ground=self.code)


_GROUNDS: dict[str, Ground] = {}
GROUNDS: Mapping[str, Ground] = _GROUNDS
"""Every ground by its code, in the order of registration."""


def register_ground(ground: Ground) -> Ground:
    if ground.code in _GROUNDS:
        raise ValueError(f"two grounds are called {ground.code!r}")
    _GROUNDS[ground.code] = ground
    return ground


COMPLAINT = register_ground(Ground("complaint", "complaint", "群众举报"))
AUDIT_FINDING = register_ground(Ground("audit_finding", "audit finding", "审计发现"))
MISSED_TARGET = register_ground(
    Ground(
        "missed_target",
        "missed target",
        "目标任务未完成",
        topics=(
            "task.listed",
            "task.progress_reported",
            "task.report_corrected",
            "task.report_disputed",
            "task.returned",
            "task.deadline_extended",
        ),
    )
)


@dataclass(frozen=True)
class GroundNamed:
    """The ground of a case: what kind, and what it rests on. `reference` is a number or title from outside;
    `position` an event of the log and `topic` what kind of event it is."""

    code: str
    reference: str = ""
    position: int | None = None
    topic: str = ""


def require_ground(ground: GroundNamed, field: str = "ground") -> GroundNamed:
    """The ground as it is recorded: of a registered kind, resting on what its kind asks for."""
    kind = GROUNDS.get(ground.code)
    if kind is None:
        raise Refusal("ground.unknown", field=field, known=", ".join(GROUNDS))
    if not kind.topics:
        require(ground.position is None, "ground.from_outside", field=f"{field}.position", ground=ground.code)
        return GroundNamed(kind.code, require_line(ground.reference, f"{field}.reference", most=200))
    rests = ground.position is not None and ground.topic in kind.topics
    topics = ", ".join(kind.topics)
    require(rests, "ground.rests_on_an_event", field=f"{field}.position", ground=kind.code, topics=topics)
    reference = ground.reference and require_line(ground.reference, f"{field}.reference", most=200)
    return GroundNamed(kind.code, reference, ground.position, ground.topic)
