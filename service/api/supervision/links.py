"""What supervision adds to tasks, units, campaigns and groups: their cards, urges, problems, findings."""

from typing import Annotated

import strawberry

from service.api.plan.declare import to_many, to_one
from service.api.relay import Connection

_CARDS, _PROBLEMS = "service.api.supervision.cards", "service.api.supervision.problems"
_OVERSIGHT, _LEARNING = "service.api.supervision.oversight", "service.api.supervision.learning"

CardLink = Annotated["Card", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
CardOrderLink = Annotated["CardOrder", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
CardFilterLink = Annotated["CardFilter", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
UrgeLink = Annotated["Urge", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
UrgeOrderLink = Annotated["UrgeOrder", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
UrgeFilterLink = Annotated["UrgeFilter", strawberry.lazy(_CARDS)]  # type: ignore[name-defined] # noqa: F821
ProblemLink = Annotated["Problem", strawberry.lazy(_PROBLEMS)]  # type: ignore[name-defined] # noqa: F821
ProblemOrderLink = Annotated["ProblemOrder", strawberry.lazy(_PROBLEMS)]  # type: ignore[name-defined] # noqa: F821
ProblemFilterLink = Annotated["ProblemFilter", strawberry.lazy(_PROBLEMS)]  # type: ignore[name-defined] # noqa: F821
FindingLink = Annotated["Finding", strawberry.lazy(_OVERSIGHT)]  # type: ignore[name-defined] # noqa: F821
FindingFilterLink = Annotated["FindingFilter", strawberry.lazy(_OVERSIGHT)]  # type: ignore[name-defined] # noqa: F821
DayOrderLink = Annotated["DayOrder", strawberry.lazy(_OVERSIGHT)]  # type: ignore[name-defined] # noqa: F821
TaskForceLink = Annotated["TaskForce", strawberry.lazy(_LEARNING)]  # type: ignore[name-defined] # noqa: F821


def _cards(on: str, description: str) -> object:
    return to_many(Connection[CardLink], CardOrderLink, CardFilterLink, "cards", on, description=description)


def _urges(on: str, description: str) -> object:
    return to_many(Connection[UrgeLink], UrgeOrderLink, UrgeFilterLink, "urges", on, description=description)


def _problems(on: str, description: str) -> object:
    return to_many(
        Connection[ProblemLink], ProblemOrderLink, ProblemFilterLink, "problems", on, description=description
    )


def _findings(on: str, description: str) -> object:
    return to_many(
        Connection[FindingLink], DayOrderLink, FindingFilterLink, "findings", on, description=description
    )


@strawberry.type(description="What supervision adds to a task.")
class SupervisionOfTask:
    card: CardLink | None = to_one(
        "{c}.task_id = {t}.id and {c}.is_open",
        description="The card it has now, if any. Not public. 当前亮牌",
    )
    cards = _cards("{c}.task_id = {t}.id", "Its cards, the latest first. Not public. 亮牌记录")
    urges = _urges("{c}.task_id = {t}.id", "The urges on it. Not public. 催办记录")
    problems = _problems("{c}.task_id = {t}.id", "The problems with it. Not public. 问题")


@strawberry.type(description="What supervision adds to a unit.")
class SupervisionOfUnit:
    cards = _cards("{c}.unit_id = {t}.id", "The cards shown to it. Not public. 亮牌记录")
    urges = _urges("{c}.unit_id = {t}.id", "The urges to it. Not public. 催办记录")
    problems = _problems("{c}.unit_id = {t}.id", "The problems it is responsible for. Not public. 问题")
    findings = _findings("{c}.unit_id = {t}.id", "What groups found at it. Not public. 督导发现")


@strawberry.type(description="What supervision adds to a campaign.")
class SupervisionOfCampaign:
    cards = _cards("{c}.campaign_id = {t}.id", "The cards on its tasks. Not public. 亮牌记录")
    urges = _urges("{c}.campaign_id = {t}.id", "The urges on its tasks. Not public. 催办记录")
    problems = _problems("{c}.campaign_id = {t}.id", "Its problems. Not public. 问题")
    findings = _findings("{c}.campaign_id = {t}.id", "What groups found in it. Not public. 督导发现")
    task_force_terms: TaskForceLink | None = to_one(
        "{c}.id = {t}.id", description="Its task force with all terms, against the plan. Not public. 专班任期"
    )


@strawberry.type(description="What supervision adds to a supervision group.")
class SupervisionOfGroup:
    findings = _findings("{c}.group_id = {t}.id", "What it found. Not public. 督导发现")
