"""The nested inputs of supervision's commands."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from domain.supervision.appraisal import GradeCount, PanelGroup, PanelSeats, UnitScore
from domain.supervision.card_scheme import CardLevel, Repetition
from domain.supervision.conference import Decision
from service.api.plan.ids import key_in
from service.api.supervision import cards, learning, oversight, problems  # noqa: F401 - name enumerations
from service.commands import command as ids

said = strawberry.field


def _key(id_: Any, prefix: str) -> UUID:
    key = key_in(id_, prefix)
    assert key is not None
    return UUID(key)


@strawberry.input(description="A level of the ladder of cards. 牌级")
class CardLevelInput:
    code: str = said(description="Code, such as `yellow`.")
    name: str = said(description="Name.")
    points: Decimal = said(description="Its effect on the score, 0 or below.")
    behind: Decimal | None = said(default=None, description="Completion so far behind expectation, 0 to 1.")
    overdue_days: int | None = said(default=None, description="So many days overdue.")
    missing_reports: int | None = said(default=None, description="So many reports missing.")

    def to_domain(self) -> CardLevel:
        return CardLevel(
            self.code, self.name, self.points, self.behind, self.overdue_days, self.missing_reports
        )


@strawberry.input(description="What it brings when a level is shown too often. 累计规则")
class CardRepetitionInput:
    level: str = said(description="The level.")
    times: int = said(description="How often it is shown.")
    escalates_to: str | None = said(default=None, description="The level that it becomes.")
    interview: bool = said(default=False, description="An interview.")
    written_report: bool = said(default=False, description="And a written report.")

    def to_domain(self) -> Repetition:
        return Repetition(self.level, self.times, self.escalates_to, self.interview, self.written_report)


@strawberry.input(description="A joint conference's decision on a problem. 联席会议决定")
class DecisionInput:
    problem: strawberry.ID = said(description="The problem.")
    text: str = said(description="The decision.")
    unit: strawberry.ID | None = said(default=None, description="The unit it makes responsible, if it does.")
    deadline: date | None = said(default=None, description="The deadline it sets, if it does.")

    def to_domain(self) -> Decision:
        unit = None if self.unit is None else _key(self.unit, "unit")
        return Decision(_key(self.problem, "problem"), self.text, unit, self.deadline)


@strawberry.input(description="What a third party gives a unit. 评估得分")
class UnitScoreInput:
    unit: strawberry.ID = said(description="The unit.")
    score: Decimal = said(description="0 to 100.")
    grounds: str = said(description="Why.")

    def to_domain(self) -> UnitScore:
        return UnitScore(_key(self.unit, "unit"), self.score, self.grounds)


@strawberry.input(description="How many of a group sit on a panel. 评议团组成")
class PanelSeatsInput:
    group: PanelGroup = said(description="The group.")
    seats: int = said(description="How many.")

    def to_domain(self) -> PanelSeats:
        return PanelSeats(self.group, self.seats)


@strawberry.input(description="How often a unit was given a grade. 得票")
class GradeCountInput:
    unit: strawberry.ID = said(description="The unit.")
    grade: str = said(description="The grade.")
    count: int = said(description="How often.")

    def to_domain(self) -> GradeCount:
        return GradeCount(_key(self.unit, "unit"), self.grade, self.count)


NESTED: dict[Any, type] = {
    CardLevel: CardLevelInput,
    Repetition: CardRepetitionInput,
    Decision: DecisionInput,
    UnitScore: UnitScoreInput,
    PanelSeats: PanelSeatsInput,
    GradeCount: GradeCountInput,
}
PREFIXES: dict[Any, str] = {
    ids.UrgeId: "urge",
    ids.ProblemId: "problem",
    ids.VisitId: "visit",
    ids.QuestionTimeId: "question-time",
    ids.InquiryId: "inquiry",
    ids.ThirdPartyEvaluationId: "third-party-evaluation",
    ids.AppraisalId: "public-appraisal",
    ids.CaseId: "exemplary-case",
    ids.CourseId: "training-course",
    ids.MonthlyReportId: "monthly-report",
}
