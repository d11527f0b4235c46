"""Random histories of a small city, made through the aggregates: what they refuse does not happen.

A history is drawn from a seed: the same seed, the same events. `City` keeps the aggregates, which know by
themselves what the projections should show.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from uuid import UUID

from domain import identifiers
from domain.aggregate import Aggregate, Event
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.directory import Category, Directory
from domain.documents import Document, Evidence
from domain.indicator import Direction, Indicator, IndicatorValue
from domain.period import period_of
from domain.refusal import Refusal
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from projections.projection import AnyFact, Fact

CHINA = timezone(timedelta(hours=8))
BEGIN = datetime(2020, 3, 1, 8, tzinfo=CHINA)
RECORDED = datetime(2020, 3, 1, 1, tzinfo=UTC)
DOCUMENT = Document("潍发〔2020〕3 号", "调整通知", date(2020, 3, 1))
UNITS, OFFICIALS, CAMPAIGNS, TASKS = 5, 10, 2, 6


class City:
    """The aggregates, and every event they have recorded, in order."""

    def __init__(self, seed: int):
        self.chance = Random(seed)
        self.now = BEGIN
        self.events: list[Event] = []
        self.directory = Directory.open(BEGIN)
        self.campaigns: list[Campaign] = []
        self.groups: list[SupervisionGroup] = []
        self.tasks: list[Task] = []
        self._collect(self.directory)

    def live(self, steps: int) -> "City":
        for _ in range(steps):
            self.now += timedelta(hours=self.chance.randrange(1, 90))
            with suppress(Refusal):
                self._step()
            for aggregate in (self.directory, *self.campaigns, *self.groups, *self.tasks):
                self._collect(aggregate)
        return self

    def _collect(self, aggregate: Aggregate) -> None:
        self.events.extend(aggregate.collect_events())  # type: ignore[arg-type]

    def _step(self) -> None:
        if len(self.tasks) < TASKS and self.chance.random() < 0.2:
            self._found()
        elif self.tasks and self.chance.random() < 0.85:
            self._work(self.chance.choice(self.tasks))
        else:
            self._administer()

    # -- who there is

    def unit(self) -> UUID:
        return identifiers.unit_id(f"unit{self.chance.randrange(UNITS)}")

    def official(self) -> UUID:
        return identifiers.official_id(f"official{self.chance.randrange(OFFICIALS)}")

    def group(self) -> UUID:
        return identifiers.group_id(f"group{self.chance.randrange(2)}")

    def _administer(self) -> None:
        chance, now, directory = self.chance, self.now, self.directory
        match chance.randrange(7):
            case 0:
                category = chance.choice(list(Category))
                n = chance.randrange(UNITS)
                directory.register_unit(f"unit{n}", f"第{n}单位", category, now)
            case 1:
                directory.rename_unit(self.unit(), f"单位{chance.randrange(1000)}", now)
            case 2:
                n = chance.randrange(OFFICIALS)
                directory.register_official(f"official{n}", f"某{n}", now)
            case 3:
                directory.appoint_official(self.official(), self.unit(), "局长", now.date(), now)
            case 4:
                directory.release_official(self.unit(), now.date(), now)
            case 5 if self.campaigns:
                chance.choice(self.campaigns).form_task_force(self._members(), now)
            case _ if self.groups:
                campaigns = [campaign.id for campaign in self.campaigns] or [self.unit()]
                chance.choice(self.groups).change_coverage(campaigns, [self.unit()], now)

    def _members(self) -> list[TaskForceMember]:
        roles = [TaskForceRole.LEADER, *[TaskForceRole.STAFF] * self.chance.choice((6, 7))]
        chosen = self.chance.sample(range(OFFICIALS), len(roles))
        return [
            TaskForceMember(identifiers.official_id(f"official{n}"), role, self.now.date())
            for n, role in zip(chosen, roles, strict=True)
        ]

    def _found(self) -> None:
        if len(self.campaigns) < CAMPAIGNS:
            n = len(self.campaigns)
            first, last = date(2020, 1, 1), date(2021, 12, 31)
            self.campaigns.append(Campaign.launch(f"c{n}", n + 1, f"第{n}攻坚战", "", first, last, self.now))
            self.groups.append(
                SupervisionGroup.form(
                    f"group{n}", f"第{n}组", self.official(), [self.campaigns[0].id], [], self.now
                )
            )
            return
        n = len(self.tasks)
        task = Task.put_on_list(
            code=f"{n}.{n}",
            campaign_id=self.chance.choice(self.campaigns).id,
            article=n + 10,
            title=f"第{n}项任务",
            lead_unit_id=identifiers.unit_id("unit0"),
            supporting_unit_ids=[identifiers.unit_id("unit1")],
            indicators=self._indicators(),
            milestones=self._milestones(),
            start=date(2020, 1, 15),
            deadline=date(2020, 12, 20),
            at=self.now,
            key_task=self.chance.random() < 0.5,
            assumed=["leadUnit"] if self.chance.random() < 0.5 else [],
            note=self.chance.choice(("", "按季度调度。")),
        )
        self.tasks.append(task)

    def _indicators(self) -> list[Indicator]:
        lost = self.chance.random() < 0.3
        return [
            Indicator("a", "改厕", Direction.AT_LEAST, "户", Decimal(57000), Decimal(60)),
            Indicator(
                "b",
                "PM2.5",
                Direction.AT_MOST,
                "µg/m³",
                None if lost else Decimal(49),
                Decimal(40),
                Decimal(80),
            ),
        ]

    def _milestones(self) -> list[Milestone]:
        if self.chance.random() < 0.5:
            return []
        return [
            Milestone("过半", date(2020, 6, 30), Decimal("0.5")),
            Milestone("收尾", date(2020, 11, 30), Decimal("0.925"), assumed=True),
        ]

    # -- what they do

    def _values(self) -> list[IndicatorValue]:
        return [
            IndicatorValue("a", Decimal(self.chance.randrange(60000))),
            IndicatorValue("b", Decimal(self.chance.randrange(300, 900)) / 10),
        ]

    def _work(self, task: Task) -> None:
        chance, now = self.chance, self.now
        unit, report = chance.choice((task.lead_unit_id, self.unit())), self._report(task)
        evidence = [Evidence("https://example.org/图.jpg", "0" * 64, "现场")] * chance.randrange(2)
        match chance.choice(_WORK):
            case "report":
                period = period_of(now.date() - timedelta(days=31 * chance.randrange(4)))
                task.report_progress(unit, period, self._values(), "推进中。", evidence, now)
            case "correct":
                task.correct_report(report, unit, self._values(), "更正后。", evidence, "笔误", now)
            case "withdraw":
                task.withdraw_report(report, unit, "重复", now)
            case "verify":
                task.verify_report(report, self.group(), chance.choice(("", "属实")), now)
            case "dispute":
                task.dispute_report(report, self.group(), "不符", now)
            case "publish":
                task.publish(unit, "潍坊日报", now)
            case "publish report":
                task.publish_report(report, unit, "政府网站", now)
            case other:
                self._decide(task, other)

    def _decide(self, task: Task, what: str) -> None:
        chance, now = self.chance, self.now
        match what:
            case "revise":
                task.revise_target("b", Decimal(chance.randrange(30, 60)), DOCUMENT, now)
            case "extend":
                later = task.deadline + timedelta(days=chance.randrange(1, 40))
                task.extend_deadline(later, chance.choice((None, [])), DOCUMENT, now)
            case "reassign":
                task.reassign(self.unit(), [self.unit()] * chance.randrange(2), DOCUMENT, now)
            case "deliver":
                task.deliver(task.lead_unit_id, now.date(), "已完成。", now)
            case "accept":
                task.accept(chance.choice((None, self.group())), "", now)
            case "return":
                task.return_to_unit(None, "资料不全", now)

    def _report(self, task: Task) -> UUID:
        known = list(task.reports.by_id)
        return self.chance.choice(known) if known else self.unit()


_WORK = (
    *["report"] * 8,
    *["verify"] * 4,
    *["correct", "withdraw", "dispute"] * 2,
    *["publish", "publish report", "revise", "extend", "reassign", "deliver", "accept", "return"],
)


def facts_of(events: Sequence[Event]) -> list[AnyFact]:
    """The events as the first facts of a log, each recorded a second after the other."""
    return [
        Fact(event, event.TOPIC, n, RECORDED + timedelta(seconds=n), f"actor{n % 3}")  # type: ignore[attr-defined]
        for n, event in enumerate(events, 1)
    ]
