"""The assessment in the demonstration year (考核): invented, like everything in it.

A scheme is adopted in March. After each month from April on, the groups score the units they cover, the
leaders those that were drawn for the review meeting, the public every third month; the ledger scores the
progress of tasks. Ratings, cards and the third party's evaluation come from their own chapters. Then the
rankings of the month, in time those of the quarter, are published and a notice is issued. In May two
departments come to the same total and share a rank. A score of April is corrected after its ranking was
published: it is published anew, and so is the notice.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from itertools import pairwise
from random import Random

from domain import identifiers
from domain.assessment.points import MICRO, half_even, micros
from domain.assessment.scheme_content import (
    ANONYMOUS_RATING,
    CARD,
    COMMENDATION,
    LEADERS_EVALUATION,
    PENALTY,
    PUBLIC_APPRAISAL,
    SUPERVISION,
    TASK_PROGRESS,
    THIRD_PARTY,
    AdjustmentCap,
    CategoryWeights,
    ComponentWeight,
    Grade,
    SchemeContent,
)
from domain.assessment.span import Span, months_of, spoken_span
from domain.directory import Category
from domain.documents import Document
from domain.period import Period, first_day, month_number, period_numbered, period_of
from domain.refusal import Refusal
from projections.assessment.rankings import NOTHING_ELSE
from projections.meetings import DRAWN_IN
from service import commands as given
from service.commands import Command, EvaluationId, GroupId, UnitId
from service.demonstration.acts import Act, Stage
from service.demonstration.chapters.measures import MEASURES
from service.demonstration.setting import OFFICE, Setting, supervisor
from service.demonstration.workdays import workday, workdays_after
from service.identity import Viewer
from service.plans.importer import at_once
from service.plans.rows import PlanDocument
from service.tables.asked import ReadTables

NAME = "assessment"
ADOPTED_ON = date(2020, 3, 27)
EFFECTIVE_FROM: Period = "2020-03"
FIRST, TIE, CORRECTED = "2020-04", "2020-05", "2020-04"
SCORED_AT, PUBLISHED_AT, NOTICED_AT = time(10), time(14), time(14, 30)
CORRECTED_AT = time(10, 30)

_BY_TASKS = {TASK_PROGRESS: 40, SUPERVISION: 20, ANONYMOUS_RATING: 10}
_WEIGHTS = {
    Category.COUNTY: {**_BY_TASKS, LEADERS_EVALUATION: 10, PUBLIC_APPRAISAL: 10, THIRD_PARTY: 10},
    Category.ZONE: {**_BY_TASKS, LEADERS_EVALUATION: 10, PUBLIC_APPRAISAL: 10, THIRD_PARTY: 10},
    Category.DEPARTMENT: {**_BY_TASKS, LEADERS_EVALUATION: 15, PUBLIC_APPRAISAL: 10, THIRD_PARTY: 5},
}
_GRADES = (
    Grade("excellent", "好", Decimal(95)),
    Grade("good", "较好", Decimal(85)),
    Grade("fair", "一般", Decimal(70)),
    Grade("poor", "较差", Decimal(50)),
)
_CAPS = (
    AdjustmentCap(CARD, Decimal(0), Decimal(6)),
    AdjustmentCap(COMMENDATION, Decimal(3), Decimal(0)),
    AdjustmentCap(PENALTY, Decimal(0), Decimal(6)),
)

Play = Callable[[Stage], Awaitable[None]]
Told = tuple[Viewer, Command]


@dataclass(frozen=True)
class Cast:
    """The units that are assessed, by category, each with the group that scores it; `categories` are all
    that have units."""

    categories: tuple[Category, ...]
    groups: dict[str, str]
    units: dict[Category, list[str]]
    seed: int

    @property
    def codes(self) -> list[str]:
        return [code for codes in self.units.values() for code in codes]


def chapter(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    """Where a category has no unit that a group covers, there is a scheme and no ranking."""
    cast = _cast(document, setting)
    if not cast.categories:
        return
    yield _act(ADOPTED_ON, time(9, 30), "scheme", partial(_all, [(OFFICE, _scheme(cast))]), setting)
    if set(cast.units) != set(cast.categories):
        return
    for period in _periods(setting):
        scored_on = workdays_after(_next_month(period), 2)
        published_on = workdays_after(scored_on, 3)
        yield _act(scored_on, SCORED_AT, f"{period}/scores", partial(_score, cast, period), setting)
        for span in _spans_ending(period):
            publishing = [_publish(span, category) for category in cast.units]
            notice = _notice(span, _number(span))
            yield _act(published_on, PUBLISHED_AT, f"{span}/rankings", partial(_all, publishing), setting)
            yield _act(published_on, NOTICED_AT, f"{span}/notice", partial(_all, [notice]), setting)
    yield _correction(cast, setting)


def _act(day: date, at: time, name: str, play: Play, setting: Setting) -> Act:
    return Act(datetime.combine(workday(day), at, setting.zone), name, play)


def _cast(document: PlanDocument, setting: Setting) -> Cast:
    groups: dict[str, str] = {}
    for unit in document.units:
        covering = [g.code for g in document.groups if not g.units or unit.code in g.units]
        if covering:
            groups[unit.code] = covering[0]
    units = {
        category: [u.code for u in document.units if u.category is category and u.code in groups]
        for category in Category
    }
    there = tuple(c for c in Category if any(u.category is c for u in document.units))
    return Cast(there, groups, {c: codes for c, codes in units.items() if codes}, setting.seed)


def _periods(setting: Setting) -> list[Period]:
    """The months that are over before the last day that is told of."""
    last = month_number(period_of(setting.last_day)) - 1
    return [period_numbered(number) for number in range(month_number(FIRST), last + 1)]


def _next_month(period: Period) -> date:
    return first_day(period_numbered(month_number(period) + 1))


def _spans_ending(period: Period) -> list[Span]:
    """The month, and the quarter if it is over with it."""
    quarter = f"{period[:4]}-Q{(int(period[5:]) + 2) // 3}"
    return [period, quarter] if months_of(quarter).last_period == period else [period]


def _number(span: Span) -> int:
    """Notices are numbered in the order in which they come out."""
    return 10 * int(span[-1]) if "Q" in span else int(span[5:])


# -- what is given


def _scheme(cast: Cast) -> Command:
    weights = {
        category: tuple(ComponentWeight(c, Decimal(w)) for c, w in _WEIGHTS[category].items())
        for category in cast.categories
    }
    content = SchemeContent(
        tuple(CategoryWeights(category, components) for category, components in weights.items()),
        _GRADES,
        _CAPS,
        # The first scores from outside decide between equal totals.
        (THIRD_PARTY, PUBLIC_APPRAISAL),
        2,
        MEASURES,
    )
    document = Document("演示考核〔2020〕1号", "关于印发重点工作攻坚考核办法的通知（演示）", ADOPTED_ON)
    return given.AdoptScheme(
        effective_from=EFFECTIVE_FROM,
        title="重点工作攻坚考核办法（演示）",
        document=document,
        content=content,
    )


def _scores(cast: Cast, period: Period, drawn: Sequence[str]) -> list[Told]:
    """What is scored by hand for a month. Chosen by the seed, the month and the unit alone."""
    month = int(period[5:])
    told = [_scored(cast, period, code, SUPERVISION, cast.groups[code]) for code in cast.codes]
    told += [_scored(cast, period, code, LEADERS_EVALUATION) for code in drawn]
    if month % 3 == 0:
        told += [_scored(cast, period, code, PUBLIC_APPRAISAL) for code in cast.codes]
    return told


async def _drawn(cast: Cast, period: Period, stage: Stage) -> list[str]:
    """The units that the month's review meeting drew, of those that are assessed."""
    tables = await _settled(stage)
    drawn = {row["unit_id"] for row in await tables.rows(DRAWN_IN, period)}
    return [code for code in cast.codes if identifiers.unit_id(code) in drawn]


async def _settled(stage: Stage) -> ReadTables:
    """The read tables, with everything that was done before."""
    tables, position = stage.commands.around.tables, await stage.commands.recorder.max_notification_id()
    assert tables is not None
    await tables.settled(position or 0)
    return tables


def _scored(cast: Cast, period: Period, code: str, component: str, group: str | None = None) -> Told:
    rng = Random(f"{cast.seed}/{NAME}/{period}/{component}/{code}")
    unit = UnitId(identifiers.unit_id(code))
    if component == LEADERS_EVALUATION:
        grade = rng.choice(("excellent", "good", "good", "fair"))
        remark = "【演示】月度点评会评价。"
        return OFFICE, given.ScoreUnit(
            unit=unit, period=period, component=component, grade=grade, remark=remark
        )
    # A unit is good or less good through the year, and better or worse in a month.
    usual = Random(f"{cast.seed}/{NAME}/{code}").uniform(78, 93)
    score = Decimal(str(round(min(usual + rng.uniform(-5, 6), 100), 1)))
    if group is None:
        return OFFICE, given.ScoreUnit(unit=unit, period=period, component=component, score=score)
    own = GroupId(identifiers.group_id(group))
    return supervisor(group), given.ScoreUnit(
        unit=unit, period=period, component=component, score=score, group=own
    )


def _publish(span: Span, category: Category, reason: str = "") -> Told:
    return OFFICE, given.PublishRanking(period=span, category=category, reason=reason)


def _notice(span: Span, number: int) -> Told:
    text = f"【演示】现将{spoken_span(span)}重点工作攻坚考核结果予以通报。"
    return OFFICE, given.IssueNotice(period=span, number=f"演示通报〔2020〕{number}号", text=text)


def _correction(cast: Cast, setting: Setting) -> Act:
    """A score of April is corrected at the end of May, and what was published is published anew."""
    category, codes = next(iter(cast.units.items()))
    code = codes[len(codes) // 2]
    group = GroupId(identifiers.group_id(cast.groups[code]))
    unit = identifiers.unit_id(code)
    evaluation = identifiers.evaluation_id(unit, CORRECTED, SUPERVISION, group)
    corrected = given.CorrectScore(
        evaluation=EvaluationId(evaluation),
        score=Decimal("60.5"),
        reason="【演示】现场核查结果漏计，现予更正。",
        group=group,
    )
    told = [
        (supervisor(cast.groups[code]), corrected),
        _publish(CORRECTED, category, "【演示】督导评估分更正后重新公布。"),
        _notice(CORRECTED, 104),
    ]
    return _act(date(2020, 5, 26), CORRECTED_AT, "correction", partial(_all, told), setting)


# -- how it is played


async def _all(told: Sequence[Told], stage: Stage) -> None:
    """One after the other; the last closes the act."""
    for viewer, command in told[:-1]:
        await stage.give(command, viewer)
    viewer, command = told[-1]
    await stage.close(command, viewer)


async def _score(cast: Cast, period: Period, stage: Stage) -> None:
    """The ledger's scores, then all others at once; the last closes the act."""
    told = _scores(cast, period, await _drawn(cast, period, stage))
    try:
        await stage.give(given.RecordProgressScores(period=period), OFFICE)
    except Refusal as refusal:
        # Of few tasks, none may have been due by then; and an act that was cut short has recorded them.
        if refusal.code != "evaluation.progress_recorded":
            raise

    async def give(one: Told) -> None:
        viewer, command = one
        await stage.give(command, viewer)

    if period == TIE:
        told = await _with_a_tie(told, stage)
    await at_once(give, told[:-1])
    viewer, command = told[-1]
    await stage.close(command, viewer)


async def _with_a_tie(told: Sequence[Told], stage: Stage) -> list[Told]:
    """The scores, one of them such that two departments come to the same total: both have the supervision
    score and the ledger's, and nothing else. As they are where no two can."""
    tables = await _settled(stage)
    month, category = month_number(TIE), Category.DEPARTMENT
    progress = await tables.rows(NOTHING_ELSE, month, TASK_PROGRESS, category.value)
    scores = {c.unit: c for _, c in told if isinstance(c, given.ScoreUnit) and c.component == SUPERVISION}
    others = {c.unit for _, c in told if isinstance(c, given.ScoreUnit) and c.component != SUPERVISION}
    alone = [(unit, score) for unit, score in progress if unit in scores and unit not in others]
    for (one, first), (other, second) in pairwise(alone):
        wanted = _total(first, scores[one].score or Decimal(0))
        fitting = (Decimal(s) / 100 for s in range(6000, 10_001))
        score = next((s for s in fitting if _total(second, s) == wanted), None)
        if score is not None:
            tied = replace(scores[other], score=score)
            return [(viewer, tied if command is scores[other] else command) for viewer, command in told]
    return list(told)


def _total(progress: Decimal, supervision: Decimal) -> int:
    """The total of a department that has these two scores alone."""
    weights = _WEIGHTS[Category.DEPARTMENT]
    counted = {TASK_PROGRESS: progress, SUPERVISION: supervision}
    whole = sum(weights[code] for code in counted)
    return sum(half_even(micros(s) * weights[code] * 100, whole * MICRO) for code, s in counted.items())
