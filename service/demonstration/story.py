"""The year of one task: what its units, its supervision group and the office do about it, in order of time.

A story is a small simulation of its own: an agenda of acts, each of which may give one command and put
further acts on it. Chance is drawn from the seed and the task's code alone: the same seed and plan tell the
same story, whatever happens to other tasks. One command is one event of the task's stream; the story counts
them, and so knows the ids of its reports before they are made.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from math import ceil
from random import Random
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.indicator import Direction, Indicator, IndicatorValue
from domain.period import Period, last_day, month_number, period_numbered, period_of
from domain.progress_report import ReportStatus
from domain.task import TaskStatus
from domain.terms import with_target
from service import commands
from service.commands import Command, ListTask, ReportId, TaskId, UnitId
from service.demonstration import wording
from service.demonstration.setting import OFFICE, Given, Part, Setting, Turn, reporter, supervisor
from service.demonstration.values import Course
from service.demonstration.workdays import sitting, sittings_after, workdays_after
from service.identity import Viewer
from service.plans.rows import TaskRow


@dataclass
class _Report:
    period: Period
    viewer: Viewer
    values: tuple[IndicatorValue, ...]
    narrative: str
    evidence: tuple[Any, ...]
    status: ReportStatus = ReportStatus.SUBMITTED
    published: bool = False


Act = Callable[[datetime], tuple[Viewer, Command] | None]

_IN_PROGRESS = (TaskStatus.OPEN, TaskStatus.RETURNED)


def revisable(indicator: Indicator) -> bool:
    """A count large enough that a revised target is another whole number."""
    counted = indicator.direction is Direction.AT_LEAST and indicator.unit_of_measure != "%"
    return counted and indicator.target is not None and indicator.target >= 10


class Story:
    """Tell it once, with `steps`."""

    def __init__(self, row: TaskRow, listed: ListTask, part: Part, setting: Setting):
        self.rng = Random(f"{setting.seed}/{row.code}")
        self.setting = setting
        self.part = part
        self.code = row.code
        self.campaign = row.campaign
        self.task = TaskId(listed.subject())
        self.lead, self.supporting = row.lead, row.supporting
        self.indicators, self.milestones = listed.indicators, listed.milestones
        self.start, self.first_deadline, self.deadline = row.start, row.deadline, row.deadline
        self.status, self.published = TaskStatus.OPEN, False
        self.returned_on: date | None = None
        self.reports: dict[UUID, _Report] = {}
        # The listing is the first.
        self.version = 1
        self._agenda: list[tuple[datetime, int, Act]] = []
        self._acts = 0
        self._draw_course()
        self._draw_agenda()

    def steps(self) -> Iterator[Given]:
        """What is given, in order of time, no two at one sitting, until the last day."""
        last: datetime | None = None
        while self._agenda:
            moment, _, act = heapq.heappop(self._agenda)
            if last is not None and moment <= last:
                moment = next(sittings_after(last))
            if moment.date() > self.setting.last_day:
                return
            given = act(moment)
            if given is not None:
                self.version += 1
                last = moment
                yield Given(moment, *given, self.code, self.version)

    # -- the draws at the start

    def _draw_course(self) -> None:
        """How fast the task goes, and so when it will be done."""
        self.pace = self._pace()
        whole = (self.first_deadline - self.start).days
        self.done_on = self.start + timedelta(days=ceil(whole / self.pace))
        self.courses = [Course(i, self.rng) for i in self.indicators]
        self.lean = [self.rng.uniform(0.93, 1.03) for _ in self.indicators]
        self.noise = [self.rng.uniform(-0.012, 0.012) for _ in range(12)]

    def _pace(self) -> float:
        """Of the pace that the deadline asks for; about a fifth are ahead, a quarter are behind."""
        turns, rng = self.part.turns, self.rng
        if Turn.STALLED in turns:
            return 0.34
        if Turn.EXTENDED in turns:
            return rng.uniform(0.7, 0.85)
        if Turn.RETURNED in turns:
            return rng.uniform(1.1, 1.3)
        kind = rng.random()
        if kind < 0.22:
            return rng.uniform(1.1, 1.35)
        if kind < 0.74:
            return rng.uniform(0.98, 1.06)
        return rng.uniform(0.76, 0.94) if kind < 0.94 else rng.uniform(0.45, 0.7)

    def _draw_agenda(self) -> None:
        rng = self.rng
        self._plan(self._publish, self.start + timedelta(days=rng.randint(2, 24)))
        first, last = month_number(period_of(self.start)), month_number(period_of(self.setting.plan_end))
        for number in range(first, last + 1):
            self._draw_report(period_numbered(number), final=number == last)
        acts: dict[Turn, Callable[[int, datetime], Any]] = {
            Turn.REVISED: self._revise,
            Turn.EXTENDED: self._extend,
            Turn.REASSIGNED: self._reassign,
        }
        for turn, (day, number) in self.part.turns.items():
            if turn in acts:
                self._plan(partial(acts[turn], number), day)

    def _draw_report(self, period: Period, final: bool) -> None:
        """When the period is reported: mostly in the first days after it, sometimes late, now and then never;
        the plan's `final` one by a few before it is over."""
        rng, over = self.rng, last_day(period)
        luck, days = rng.random(), rng.randint(3, 8)
        if final and luck < 0.05:
            self._plan(partial(self._report, period), over.replace(day=rng.randint(15, 18)))
        elif 0.035 <= luck < 0.07:
            self._plan(partial(self._report, period), over + timedelta(days=30 + days))
        elif 0.07 <= luck < 0.14:
            self._plan(partial(self._report, period), over + timedelta(days=days + 6))
        elif luck >= 0.14:
            self._plan(partial(self._report, period), over + timedelta(days=days))

    # -- the agenda

    def _plan(self, act: Act, day: date) -> None:
        self._acts += 1
        moment = sitting(day, self.rng, self.setting.zone)
        heapq.heappush(self._agenda, (moment, self._acts, act))

    def _plan_after(self, act: Act, moment: datetime, least: int, most: int) -> None:
        """Plan the act for `least` to `most` workdays after the moment."""
        self._plan(act, workdays_after(moment.date(), self.rng.randint(least, most)))

    # -- who speaks

    def _group(self) -> str | None:
        """The group that covers the task as it is led now."""
        for group in self.setting.groups:
            if self.campaign in group.campaigns and (not group.units or self.lead in group.units):
                return group.code
        return None

    def _judge(self) -> Viewer:
        """Who accepts or returns: mostly the group, otherwise the office."""
        group = self._group()
        return supervisor(group) if group is not None and self.rng.random() < 0.75 else OFFICE

    # -- how far the task has come

    def _reached(self, day: date) -> float:
        if day >= self.done_on:
            return 1.0
        whole = (self.first_deadline - self.start).days
        come = self.pace * (day - self.start).days / whole + self.noise[day.month - 1]
        return min(max(come, 0.0), 0.98)

    def _values(self, reached: float) -> tuple[IndicatorValue, ...]:
        values = []
        for indicator, course, lean in zip(self.indicators, self.courses, self.lean, strict=True):
            come = 1.0 if reached >= 1 else min(reached * lean, 0.985)
            figure = course.value(indicator.target, Decimal(str(round(come, 4))))
            values.append(IndicatorValue(indicator.code, figure))
        return tuple(values)

    def _manner(self, reached: float) -> str:
        if reached >= 1:
            return "done"
        if self.pace < 0.6:
            return "stalled"
        return "ahead" if self.pace > 1.08 else "steady" if self.pace > 0.95 else "behind"

    # -- reports

    def _publish(self, moment: datetime) -> tuple[Viewer, Command]:
        self.published = True
        return reporter(self.lead), commands.PublishTask(task=self.task, outlet=wording.outlet(self.rng))

    def _report(self, period: Period, moment: datetime) -> tuple[Viewer, Command] | None:
        standing = (r for r in self.reports.values() if r.status is not ReportStatus.WITHDRAWN)
        if self.status not in _IN_PROGRESS or any(r.period == period for r in standing):
            return None
        unit = self.supporting[0] if self.supporting and self.rng.random() < 0.04 else self.lead
        reached = self._reached(min(last_day(period), moment.date()))
        values = self._values(reached)
        name, manner = self.setting.unit_names[unit], self._manner(reached)
        by_now = moment.date() <= last_day(period)
        words = wording.narrative(self.rng, period, name, self.indicators, values, manner, by_now=by_now)
        shown = wording.evidence(self.rng, self.code, period)
        report_id = ReportId(identifiers.report_id(self.task, self.version + 1))
        self.reports[report_id] = _Report(period, reporter(unit), values, words, shown)
        self._follow(report_id, moment)
        if reached >= 1:
            self._plan_after(self._deliver, moment, 1, 3)
        return reporter(unit), commands.ReportProgress(
            task=self.task, period=period, values=values, narrative=words, evidence=shown
        )

    def _follow(self, report_id: ReportId, moment: datetime) -> None:
        """What becomes of a report: most are verified, some corrected or disputed first, few withdrawn."""
        luck = self.rng.random()
        withdrawn = any(r.status is ReportStatus.WITHDRAWN for r in self.reports.values())
        if Turn.WITHDRAWN in self.part.turns and not withdrawn and len(self.reports) > 1:
            self._plan_after(partial(self._withdraw, report_id), moment, 1, 2)
        elif luck < 0.03:
            self._plan_after(partial(self._correct, report_id), moment, 1, 3)
            self._plan_after(partial(self._verify, report_id, False), moment, 5, 12)
        elif luck < 0.08:
            self._plan_after(partial(self._dispute, report_id), moment, 3, 8)
        elif luck < 0.92:
            self._plan_after(partial(self._verify, report_id, False), moment, 3, 11)

    def _correct(self, report_id: ReportId, moment: datetime) -> tuple[Viewer, Command] | None:
        report = self.reports[report_id]
        if self.status not in _IN_PROGRESS:
            return None
        first, *others = report.values
        lower = (first.value * Decimal("0.96")).quantize(first.value, ROUND_HALF_UP)
        if first.value > 0 and lower != first.value and self._reached(last_day(report.period)) < 1:
            report.values = (replace(first, value=lower), *others)
            report.narrative = wording.corrected(report.narrative, lower)
        else:
            report.narrative = wording.corrected(report.narrative, None)
        report.status = ReportStatus.SUBMITTED
        return report.viewer, commands.CorrectReport(
            task=self.task,
            report=report_id,
            values=report.values,
            narrative=report.narrative,
            evidence=report.evidence,
            reason=wording.correction(self.rng),
        )

    def _withdraw(self, report_id: ReportId, moment: datetime) -> tuple[Viewer, Command] | None:
        report = self.reports[report_id]
        if self.status not in _IN_PROGRESS or report.status is not ReportStatus.SUBMITTED:
            return None
        report.status = ReportStatus.WITHDRAWN
        self._plan_after(partial(self._report, report.period), moment, 1, 2)
        reason = wording.withdrawal(self.rng)
        return report.viewer, commands.WithdrawReport(task=self.task, report=report_id, reason=reason)

    def _verify(self, report_id: ReportId, settles: bool, moment: datetime) -> tuple[Viewer, Command] | None:
        """`settles`: the report was disputed and is found right after all."""
        report, group = self.reports[report_id], self._group()
        done = report.status in (ReportStatus.VERIFIED, ReportStatus.WITHDRAWN)
        if group is None or done or self.status is TaskStatus.ACCEPTED:
            return None
        report.status = ReportStatus.VERIFIED
        if self.rng.random() < 0.55:
            self._plan_after(partial(self._publish_report, report_id), moment, 1, 5)
        remark = wording.settlement(self.rng) if settles else wording.remark(self.rng)
        return supervisor(group), commands.VerifyReport(task=self.task, report=report_id, remark=remark)

    def _dispute(self, report_id: ReportId, moment: datetime) -> tuple[Viewer, Command] | None:
        report, group = self.reports[report_id], self._group()
        if group is None or report.status is not ReportStatus.SUBMITTED or self.status not in _IN_PROGRESS:
            return None
        report.status = ReportStatus.DISPUTED
        if self.rng.random() < 0.7:
            self._plan_after(partial(self._correct, report_id), moment, 2, 5)
            self._plan_after(partial(self._verify, report_id, False), moment, 7, 12)
        else:
            self._plan_after(partial(self._verify, report_id, True), moment, 4, 9)
        reason = wording.dispute(self.rng)
        return supervisor(group), commands.DisputeReport(task=self.task, report=report_id, reason=reason)

    def _publish_report(self, report_id: ReportId, moment: datetime) -> tuple[Viewer, Command] | None:
        report = self.reports[report_id]
        if not self.published or report.published or report.status is not ReportStatus.VERIFIED:
            return None
        report.published = True
        outlet = wording.outlet(self.rng)
        return reporter(self.lead), commands.PublishReport(task=self.task, report=report_id, outlet=outlet)

    # -- what an authorising document changes

    def _revise(self, number: int, moment: datetime) -> tuple[Viewer, Command] | None:
        indicator = next((i for i in self.indicators if revisable(i)), None)
        if indicator is None or indicator.target is None or self.status not in _IN_PROGRESS:
            return None
        factor = self.rng.choice((Decimal("0.9"), Decimal("1.1"), Decimal("1.2")))
        target = (indicator.target * factor).quantize(Decimal(1), ROUND_HALF_UP)
        self.indicators = with_target(self.indicators, indicator.code, target)
        document = wording.document(number, "调整目标值", self.code, moment.date())
        return OFFICE, commands.ReviseTarget(
            task=self.task, indicator=indicator.code, target=target, document=document
        )

    def _extend(self, number: int, moment: datetime) -> tuple[Viewer, Command] | None:
        deadline = self.deadline + timedelta(days=self.rng.randint(30, 60))
        if self.status not in _IN_PROGRESS:
            return None
        anew = None
        if self.milestones and self.milestones[-1].share >= 1:
            self.milestones = (*self.milestones[:-1], replace(self.milestones[-1], due=deadline))
            anew = self.milestones
        self.deadline = deadline
        document = wording.document(number, "延长时限", self.code, moment.date())
        return OFFICE, commands.ExtendDeadline(
            task=self.task, deadline=deadline, milestones=anew, document=document
        )

    def _reassign(self, number: int, moment: datetime) -> tuple[Viewer, Command] | None:
        if self.status not in _IN_PROGRESS:
            return None
        successor = self.part.successor
        supporting = (self.lead, *(code for code in self.supporting if code != successor))
        self.lead, self.supporting = successor, supporting
        document = wording.document(number, "调整责任单位", self.code, moment.date())
        return OFFICE, commands.ReassignTask(
            task=self.task,
            lead_unit=UnitId(identifiers.unit_id(successor)),
            supporting_units=tuple(UnitId(identifiers.unit_id(code)) for code in supporting),
            document=document,
        )

    # -- delivered, accepted, returned

    def _deliver(self, moment: datetime) -> tuple[Viewer, Command] | None:
        if self.status not in _IN_PROGRESS:
            return None
        again = self.status is TaskStatus.RETURNED
        self.status = TaskStatus.DELIVERED
        returned = Turn.RETURNED in self.part.turns and not again
        self._plan_after(self._return if returned else self._accept, moment, 4, 12)
        return reporter(self.lead), commands.DeliverTask(
            task=self.task,
            delivered_on=moment.date() if again else self.done_on,
            statement=wording.statement(self.rng),
        )

    def _return(self, moment: datetime) -> tuple[Viewer, Command]:
        self.status = TaskStatus.RETURNED
        self._plan_after(self._deliver, moment, 5, 12)
        return self._judge(), commands.ReturnTask(task=self.task, reason=wording.return_reason(self.rng))

    def _accept(self, moment: datetime) -> tuple[Viewer, Command]:
        self.status = TaskStatus.ACCEPTED
        return self._judge(), commands.AcceptTask(task=self.task, remark=wording.acceptance(self.rng))
