"""Appraisal from outside (article 50): third-party evaluations (第三方评估), and public appraisal by
deputies, committee members, firms and the public (社会评议).

Rules: a third party is commissioned to evaluate units, reports once, with a score of 0 to 100 and its grounds
for each of them, and is published after that. A public appraisal has a panel of at least one group of people
and at least one unit; its result is recorded once, after the session: the grades that were given, for each
unit as many as there were valid ballots. (The ballots themselves are the ballot box's.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.refusal import (
    require,
    require_day,
    require_figure,
    require_line,
    require_optional_line,
    require_text,
)


@dataclass(frozen=True)
class UnitScore:
    """What a third party gives a unit: 0 to 100, and why."""

    unit_id: UUID
    score: Decimal
    grounds: str


class ThirdPartyEvaluation(Aggregate):
    TOPIC = "third_party_evaluation"

    # -- events

    class Commissioned(Created):
        TOPIC = "third_party_evaluation.commissioned"
        code: str
        agency: str
        subject: str
        unit_ids: tuple[UUID, ...]
        due: date

    class Reported(Event):
        TOPIC = "third_party_evaluation.reported"
        on: date
        summary: str
        scores: tuple[UnitScore, ...]

    class Published(Event):
        TOPIC = "third_party_evaluation.published"
        outlet: str

    # -- commands

    @classmethod
    def commission(
        cls, code: str, agency: str, subject: str, unit_ids: Sequence[UUID], due: date, at: datetime
    ) -> Self:
        return cls.create(
            cls.Commissioned,
            identifiers.third_party_evaluation_id(code),
            at,
            code=code,
            agency=require_line(agency, "agency", most=100),
            subject=require_line(subject, "subjectMatter", most=200),
            unit_ids=_require_units(unit_ids),
            due=require_day(due, "due"),
        )

    def report(self, on: date, summary: str, scores: Sequence[UnitScore], at: datetime) -> None:
        require(not self.reported, "third_party_evaluation.reported", field="evaluation")
        require_day(on, "on")
        require(on <= at.date(), "supervision.not_yet", field="on")
        scored = [score.unit_id for score in scores]
        whole = sorted(scored) == sorted(self.unit_ids)
        require(whole, "third_party_evaluation.not_these_units", field="scores")
        summary = require_text(summary, "summary", most=4000)
        sound = tuple(_require_score(score, f"scores.{n}") for n, score in enumerate(scores))
        self.trigger(ThirdPartyEvaluation.Reported, at, on=on, summary=summary, scores=sound)

    def publish(self, outlet: str, at: datetime) -> None:
        require(self.reported, "third_party_evaluation.not_reported", field="evaluation")
        require(not self.published, "supervision.published", field="evaluation")
        self.trigger(ThirdPartyEvaluation.Published, at, outlet=require_line(outlet, "outlet", most=200))

    # -- how events change the state

    @event(Commissioned)
    def __init__(self, unit_ids: tuple[UUID, ...]) -> None:
        self.unit_ids = unit_ids
        self.reported = False
        self.published = False

    @event(Reported)
    def _reported(self) -> None:
        self.reported = True

    @event(Published)
    def _published(self) -> None:
        self.published = True


def _require_score(score: UnitScore, field: str) -> UnitScore:
    figure = require_figure(score.score, f"{field}.score")
    require(0 <= figure <= 100, "third_party_evaluation.score_out_of_range", field=f"{field}.score")
    return replace(score, score=figure, grounds=require_text(score.grounds, f"{field}.grounds", most=1000))


def _require_units(unit_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    require(bool(unit_ids), "appraisal.no_unit", field="units")
    require(len(set(unit_ids)) == len(unit_ids), "appraisal.unit_twice", field="units")
    return tuple(unit_ids)


# -- public appraisal


class PanelGroup(StrEnum):
    """Who sits on the panel: representatives and members (两代表一委员), firms, the public."""

    PARTY_DELEGATES = "party_delegates"  # 党代表
    DEPUTIES = "deputies"  # 人大代表
    CPPCC_MEMBERS = "cppcc_members"  # 政协委员
    FIRMS = "firms"  # 企业代表
    PUBLIC = "public"  # 群众代表


@dataclass(frozen=True)
class PanelSeats:
    """How many of a group sit on the panel."""

    group: PanelGroup
    seats: int


@dataclass(frozen=True)
class GradeCount:
    """How often a unit was given a grade."""

    unit_id: UUID
    grade: str
    count: int


class PublicAppraisal(Aggregate):
    TOPIC = "public_appraisal"

    # -- events

    class Scheduled(Created):
        TOPIC = "public_appraisal.scheduled"
        code: str
        theme: str
        on: date
        unit_ids: tuple[UUID, ...]
        panel: tuple[PanelSeats, ...]

    class ResultRecorded(Event):
        """`ballots`: the name of the ballot box's session, where there was one."""

        TOPIC = "public_appraisal.result_recorded"
        grades: tuple[GradeCount, ...]
        ballots: str

    class Published(Event):
        TOPIC = "public_appraisal.published"
        outlet: str

    # -- commands

    @classmethod
    def schedule(
        cls,
        code: str,
        theme: str,
        on: date,
        unit_ids: Sequence[UUID],
        panel: Sequence[PanelSeats],
        at: datetime,
    ) -> Self:
        require(bool(panel), "public_appraisal.no_panel", field="panel")
        groups = [seats.group for seats in panel]
        require(len(set(groups)) == len(groups), "public_appraisal.group_twice", field="panel")
        seated = all(1 <= seats.seats <= 1000 for seats in panel)
        require(seated, "public_appraisal.seats_out_of_range", field="panel")
        return cls.create(
            cls.Scheduled,
            identifiers.public_appraisal_id(code),
            at,
            code=code,
            theme=require_line(theme, "theme", most=200),
            on=require_day(on, "on"),
            unit_ids=_require_units(unit_ids),
            panel=tuple(panel),
        )

    def record_result(self, grades: Sequence[GradeCount], ballots: str, at: datetime) -> None:
        require(not self.recorded, "public_appraisal.recorded", field="appraisal")
        require(at.date() >= self.on, "public_appraisal.not_held_yet", field="appraisal")
        require({g.unit_id for g in grades} == set(self.unit_ids), "public_appraisal.units", field="grades")
        # As they are recorded: two that differ by a blank alone are one.
        grades = [_require_grade(grade, f"grades.{n}") for n, grade in enumerate(grades)]
        pairs = [(g.unit_id, g.grade) for g in grades]
        require(len(set(pairs)) == len(pairs), "public_appraisal.grade_twice", field="grades")
        for unit in self.unit_ids:
            given = sum(g.count for g in grades if g.unit_id == unit)
            require(
                given <= self.seats, "public_appraisal.too_many_ballots", field="grades", seats=self.seats
            )
        self.trigger(
            PublicAppraisal.ResultRecorded,
            at,
            grades=tuple(grades),
            ballots=require_optional_line(ballots, "ballots", most=100),
        )

    def publish(self, outlet: str, at: datetime) -> None:
        require(self.recorded, "public_appraisal.no_result", field="appraisal")
        require(not self.published, "supervision.published", field="appraisal")
        self.trigger(PublicAppraisal.Published, at, outlet=require_line(outlet, "outlet", most=200))

    # -- how events change the state

    @event(Scheduled)
    def __init__(self, on: date, unit_ids: tuple[UUID, ...], panel: tuple[PanelSeats, ...]) -> None:
        self.on = on
        self.unit_ids = unit_ids
        self.seats = sum(seats.seats for seats in panel)
        self.recorded = False
        self.published = False

    @event(ResultRecorded)
    def _result_recorded(self) -> None:
        self.recorded = True

    @event(Published)
    def _published(self) -> None:
        self.published = True


def _require_grade(grade: GradeCount, field: str) -> GradeCount:
    require(0 <= grade.count <= 10_000, "public_appraisal.count_out_of_range", field=f"{field}.count")
    return replace(grade, grade=require_line(grade.grade, f"{field}.grade", most=20))
