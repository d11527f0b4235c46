"""Commands on the assessment scheme, scores, rankings and notices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.assessment.measures import Measures
from domain.assessment.notice import Notice, NoticedRanking, usual_title
from domain.assessment.ranking import Ranking, inputs_of
from domain.assessment.scheme import AssessmentScheme, Edition
from domain.assessment.scheme_content import TASK_PROGRESS, SchemeContent
from domain.assessment.score import Basis, Evaluation, TaskInput, progress_score, task_input
from domain.assessment.span import months_of
from domain.directory import Category
from domain.documents import Document
from domain.period import Period, last_day, month_number, period_of, require_period
from domain.refusal import Refusal, require, require_line
from domain.supervision_group import SupervisionGroup
from projections.assessment.notices import NUMBERED_ELSEWHERE
from projections.assessment.rankings import PROGRESS
from service.commands.command import (
    Command,
    EvaluationId,
    GroupId,
    UnitId,
    about,
    command,
    directory_of,
)
from service.desk import Desk
from service.rankings import given_at, ranked_by, ranking_at
from service.store.as_of import POSITION_OF_DATE

_POSITION_AT_END_OF = f"select {POSITION_OF_DATE.format(v='$1::date')} as position"

CATEGORY_ZH = {Category.COUNTY: "县市区", Category.ZONE: "市属开发区", Category.DEPARTMENT: "市直部门"}


@dataclass(frozen=True)
class SchemeInForce:
    """What the scheme says of merit and fault, with the number of the edition that says it."""

    edition: int
    measures: Measures


async def scheme_in_force(desk: Desk, day: date, field: str = "period") -> SchemeInForce:
    """The measures in force on a day. Refused when no scheme is, or the one that is has none."""
    return _measures_of(
        (await _scheme_for(desk, period_of(day), field)).in_force(period_of(day), field), field
    )


async def scheme_of_edition(desk: Desk, number: int, field: str) -> SchemeInForce:
    """The measures of an edition that something was decided under."""
    scheme = await _scheme_for(desk, period_of(desk.at.date()), field)
    return _measures_of(scheme.editions[number - 1], field)


def _measures_of(edition: Edition, field: str) -> SchemeInForce:
    if edition.content.measures is None:
        raise Refusal("scheme.without_measures", field=field)
    return SchemeInForce(edition.number, edition.content.measures)


async def _scheme_for(desk: Desk, period: Period, field: str = "period") -> AssessmentScheme:
    scheme = await desk.find(AssessmentScheme, identifiers.ASSESSMENT_SCHEME)
    if scheme is None:
        raise Refusal("scheme.none_in_force", field=field, period=period)
    return scheme


async def _edition_for(desk: Desk, period: Period) -> Edition:
    return (await _scheme_for(desk, period)).in_force(period)


_PERIOD = "The month, as `2020-05`."
_SPAN = "The period: a month `2020-05`, a quarter `2020-Q2`, or a year `2020`."
_SCORE = "A score of 0 to 100 (百分制); left out where a grade is given."
_GRADE = "A grade of the scheme, which stands for a score; left out where a score is given."
_GROUP = "The supervision group that speaks; a supervisor's own if left out, for the office none."


@command("adoptScheme")
class AdoptScheme(Command):
    """Adopt the assessment scheme, or a further edition of it, on an authorising document. 制定考核办法"""

    effective_from: Period = about("The first month it is for, as `2020-04`.")
    title: str = about("Title.")
    document: Document = about("The document that authorises it.")
    content: SchemeContent = about("All that it says: an edition stands for itself.")

    async def handle(self, desk: Desk) -> None:
        scheme = await desk.find(AssessmentScheme, identifiers.ASSESSMENT_SCHEME)
        given = (self.effective_from, self.title, self.document, self.content, desk.at)
        if scheme is None:
            desk.add(AssessmentScheme.adopt(*given))
        else:
            scheme.amend(*given)

    def subject(self) -> UUID:
        return identifiers.ASSESSMENT_SCHEME


@command("scoreUnit")
class ScoreUnit(Command):
    """Score a unit for a component of the scheme in a month: by a score, or by a grade. 评分"""

    unit: UnitId = about("The unit.")
    period: Period = about(_PERIOD)
    component: str = about("The component's code, such as `supervision`.")
    score: Decimal | None = about(_SCORE, default=None)
    grade: str | None = about(_GRADE, default=None)
    remark: str = about("A remark.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        require_period(self.period)
        directory = await directory_of(desk)
        directory.require_unit(self.unit)
        group = desk.group(self.group)
        if group is not None:
            (await desk.load(SupervisionGroup, group, "group")).require_covers_unit(self.unit)
        edition = await _edition_for(desk, self.period)
        evaluation = identifiers.evaluation_id(self.unit, self.period, self.component, group)
        if await desk.streams.find(Evaluation, evaluation) is not None:
            raise Refusal("evaluation.exists", field="component")
        given = (self.unit, self.period, self.component, group, self.score, self.grade)
        scored = Evaluation.give(*given, edition, self.remark, desk.at)
        edition.content.require_weighed(directory.categories[self.unit], self.component)
        desk.add(scored)

    def subject(self) -> UUID:
        return identifiers.evaluation_id(self.unit, self.period, self.component, self.group)


@command("correctScore")
class CorrectScore(Command):
    """Correct a score, with a reason, once. 更正评分"""

    evaluation: EvaluationId = about("The score.")
    score: Decimal | None = about(_SCORE, default=None)
    grade: str | None = about(_GRADE, default=None)
    reason: str = about("Why it is corrected.")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        evaluation = await desk.load(Evaluation, self.evaluation, "evaluation")
        edition = await _edition_for(desk, evaluation.period)
        group = desk.group(self.group)
        evaluation.correct(group, self.score, self.grade, edition, self.reason, desk.at)

    def subject(self) -> UUID:
        return self.evaluation


@command("recordProgressScores")
class RecordProgressScores(Command):
    """Score the task progress of every unit in a month that is over, from the ledger as it stood at its end.
    Units that are scored already are left alone. 记录任务进度得分"""

    period: Period = about(_PERIOD)

    async def handle(self, desk: Desk) -> None:
        end = last_day(require_period(self.period))
        if end >= desk.at.date():
            raise Refusal("evaluation.period_not_over", field="period")
        edition = await _edition_for(desk, self.period)
        _, tables = await desk.settled()
        position: int = (await tables.rows(_POSITION_AT_END_OF, end))[0]["position"]
        rows = await tables.rows(PROGRESS, position, end, month_number(self.period))
        recorded = False
        for unit, tasks in _by_unit(rows, edition.content).items():
            score = progress_score(tasks)
            if score is not None:
                basis = Basis(position, tuple(tasks))
                desk.add(Evaluation.of_progress(unit, self.period, score, basis, edition, desk.at))
                recorded = True
        if not recorded:
            raise Refusal("evaluation.progress_recorded", field="period")

    def subject(self) -> UUID:
        # All of a month's in turn: the store lets only one of two through anyway.
        return identifiers.ranking_id(self.period, TASK_PROGRESS)


def _by_unit(rows: Sequence[Any], content: SchemeContent) -> dict[UUID, list[TaskInput]]:
    """The tasks of the units whose category is weighed by task progress."""
    weighed = {
        c.category.value for c in content.categories if TASK_PROGRESS in {one.code for one in c.components}
    }
    found: dict[UUID, list[TaskInput]] = {}
    for unit, category, task, completion, expected in rows:
        if category in weighed:
            found.setdefault(unit, []).append(task_input(task, completion, expected))
    return found


@command("publishRanking")
class PublishRanking(Command):
    """Publish the ranking of a category for a period that is over, as the log stands now; or, when what it
    was computed from has changed since, a further edition of it. 公布排名"""

    period: str = about(_SPAN)
    category: Category = about("The category of units.")
    reason: str = about("Why it is published anew; left out for the first edition.", default="")

    async def handle(self, desk: Desk) -> None:
        months = months_of(self.period)
        scheme = await _scheme_for(desk, months.last_period)
        edition = scheme.in_force(months.last_period)
        position, tables = await desk.settled()
        decided = ranked_by(edition)
        found = await ranking_at(tables.rows, self.period, self.category, position, decided)
        given = await given_at(tables.rows, found)
        counted = {found.unit_id(one) for one in found.ranks}
        inputs = inputs_of(position, ((unit, g) for unit in counted for g in given[unit]))
        units = found.published()
        ranking = await desk.find(Ranking, self.subject())
        if ranking is None:
            facts = (self.period, self.category, edition.number, inputs, units, desk.at)
            desk.add(Ranking.publish(*facts))
        else:
            ranking.republish(edition.number, inputs, units, self.reason, desk.at)
        scheme.close_period(months.last_period, desk.at)

    def subject(self) -> UUID:
        return identifiers.ranking_id(self.period, self.category)


@command("issueNotice")
class IssueNotice(Command):
    """Issue the notice of results of a period, once the ranking of every category is published; or issue it
    anew, when one of them has come out in a further edition. 印发通报"""

    period: str = about(_SPAN)
    number: str = about("Its number. 文号")
    title: str = about("Its title; made from the period if left out.", default="")
    text: str = about("What is said before the rankings.", default="")

    async def handle(self, desk: Desk) -> None:
        months = months_of(self.period)
        edition = await _edition_for(desk, months.last_period)
        rankings, missing = [], []
        for category in (weighed.category for weighed in edition.content.categories):
            ranking = await desk.find(Ranking, identifiers.ranking_id(self.period, category))
            if ranking is None:
                missing.append(CATEGORY_ZH[category])
            else:
                rankings.append(NoticedRanking(ranking.id, category, ranking.edition))
        if missing:
            raise Refusal("notice.ranking_missing", field="period", categories="、".join(missing))
        title = self.title or usual_title(self.period)
        number = require_line(self.number, "number", most=60)
        _, tables = await desk.settled()
        elsewhere = await tables.rows(NUMBERED_ELSEWHERE, number, self.subject())
        require(not elsewhere, "notice.number_used", field="number")
        notice = await desk.find(Notice, self.subject())
        if notice is None:
            desk.add(Notice.issue(self.period, number, title, self.text, rankings, desk.at))
        else:
            notice.reissue(number, title, self.text, rankings, desk.at)

    def subject(self) -> UUID:
        return identifiers.notice_id(self.period)

    def turn(self) -> UUID:
        """One after the other: a number is given once, whatever the period."""
        return identifiers.NOTICES
