"""Commands on cards and urges, and the daily sweep."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.documents import Document
from domain.refusal import Refusal, require
from domain.supervision.card_scheme import DEFAULT, CardLevel, CardScheme, Repetition, Scheme
from domain.supervision.cards import Cards
from domain.supervision.sweep import TaskOnDay, figures, task_on_day
from domain.supervision.urge import Occasion, Urge
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from service.commands.command import Command, GroupId, TaskId, UnitId, UrgeId, about, command
from service.desk import Desk
from service.sweeping import conduct

_TASK = "The task."
_UNIT = "The unit that speaks; a reporter's own if left out, for the office the lead unit."
_GROUP = "The supervision group that speaks; a supervisor's own if left out."
_REASON = "Why."


@command("adoptCardScheme")
class AdoptCardScheme(Command):
    """Adopt an edition of the scheme of cards. What is left out is as other cities have it. 发布亮牌办法"""

    levels: tuple[CardLevel, ...] | None = about(
        "The ladder, from the level of a task in order.", default=None
    )
    repetitions: tuple[Repetition, ...] | None = about("What repetition brings.", default=None)
    repeat_days: int = about(
        "A card that stands is shown again after so many days.", default=DEFAULT.repeat_days
    )
    key_task_steps: int = about("A key task enters so many steps higher.", default=DEFAULT.key_task_steps)
    urge_days_before: tuple[int, ...] | None = about("Urge so many days before a deadline.", default=None)
    report_grace_days: int = about(
        "A report is urged so many days after its month.", default=DEFAULT.report_grace_days
    )
    points_end_with_card: bool = about(
        "A card's points count no more once it is lifted.", default=DEFAULT.points_end_with_card
    )
    document: Document = about("The document that authorises it.")

    async def handle(self, desk: Desk) -> None:
        notices = self.urge_days_before
        scheme = Scheme(
            levels=DEFAULT.levels if self.levels is None else self.levels,
            repetitions=DEFAULT.repetitions if self.repetitions is None else self.repetitions,
            repeat_days=self.repeat_days,
            key_task_steps=self.key_task_steps,
            urge_days_before=DEFAULT.urge_days_before if notices is None else notices,
            report_grace_days=self.report_grace_days,
            points_end_with_card=self.points_end_with_card,
        )
        adopted = await desk.find(CardScheme, identifiers.CARD_SCHEME)
        if adopted is None:
            adopted = CardScheme.open(desk.at)
            desk.add(adopted)
        adopted.adopt(scheme, self.document, desk.at)

    def subject(self) -> UUID:
        return identifiers.CARD_SCHEME


async def scheme_in_force(desk: Desk) -> tuple[int, Scheme]:
    """The edition and its rules; refused where none is adopted."""
    adopted = await desk.streams.find(CardScheme, identifiers.CARD_SCHEME)
    if adopted is None:
        raise Refusal("card_scheme.none_adopted")
    return adopted.require_in_force()


class _OfCards(Command):
    task: TaskId

    def subject(self) -> UUID:
        return identifiers.cards_id(self.task)

    async def cards(self, desk: Desk) -> Cards:
        """The cards of the task; of one that never had any, new ones."""
        found = await desk.find(Cards, self.subject())
        if found is None:
            found = Cards.open(self.task, desk.at)
            desk.add(found)
        return found

    async def covered(self, desk: Desk, group: UUID) -> TaskOnDay:
        """The task, if the group covers it and it is in progress."""
        task = await desk.load(Task, self.task, "task")
        covering = await desk.load(SupervisionGroup, group, "group")
        covering.require_covers(task.campaign_id, task.lead_unit_id)
        return task_on_day(task)


@command("showCard")
class ShowCard(_OfCards):
    """Show a card on a task by hand, one step up the ladder. 人工亮牌"""

    task: TaskId = about(_TASK)
    level: str = about("The code of the level, such as `yellow`.")
    reason: str = about(_REASON)
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        task = await self.covered(desk, group)
        require(task.in_progress, "card.task_not_in_progress", field="task")
        edition, scheme = await scheme_in_force(desk)
        shown = figures(task, scheme, desk.at.date())
        cards = await self.cards(desk)
        cards.show(self.level, group, self.reason, edition, scheme, task.subject, shown, desk.at)


@command("liftCard")
class LiftCard(_OfCards):
    """Lift a task's card by hand. 人工摘牌"""

    task: TaskId = about(_TASK)
    reason: str = about(_REASON)
    mistaken: bool = about("It should never have been shown: its points are taken back. 误亮", default=False)
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        task = await self.covered(desk, group)
        edition, scheme = await scheme_in_force(desk)
        shown = figures(task, scheme, desk.at.date())
        cards = await self.cards(desk)
        given = (group, self.reason, edition, scheme, task.subject, shown, desk.at)
        cards.lift(*given, mistaken=self.mistaken)


@command("conductInterview")
class ConductInterview(_OfCards):
    """Record the interview that too many cards have brought. 约谈"""

    task: TaskId = about(_TASK)
    on: date = about("The day of the interview.")
    record: str = about("What was said and agreed.")

    async def handle(self, desk: Desk) -> None:
        await desk.load(Task, self.task, "task")
        (await self.cards(desk)).conduct_interview(self.on, self.record, desk.at)


@command("submitWrittenReport")
class SubmitWrittenReport(_OfCards):
    """Submit the written report that too many cards have brought. 书面说明"""

    task: TaskId = about(_TASK)
    text: str = about("The report.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        task = await desk.load(Task, self.task, "task")
        unit = desk.unit(self.unit, task.lead_unit_id)
        require(unit == task.lead_unit_id, "task.not_lead_unit", field="unit")
        (await self.cards(desk)).submit_written_report(unit, self.text, desk.at)


# -- urges


@command("urgeUnit")
class UrgeUnit(Command):
    """Urge a unit of a task by hand; once a day for each unit and task. 催办"""

    task: TaskId = about(_TASK)
    unit: UnitId | None = about("The unit that is urged; the lead unit if left out.", default=None)
    text: str = about("What is to be done.")
    group: GroupId | None = about("The supervision group that urges, if one does.", default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.group(self.group)
        task = await desk.load(Task, self.task, "task")
        if group is not None:
            covering = await desk.load(SupervisionGroup, group, "group")
            covering.require_covers(task.campaign_id, task.lead_unit_id)
        unit, today = self.unit or task.lead_unit_id, desk.at.date()
        own = unit == task.lead_unit_id or unit in task.supporting_unit_ids
        require(own, "task.not_your_unit", field="unit")
        require(task_on_day(task).in_progress, "urge.task_not_in_progress", field="task")
        id_ = identifiers.urge_id(self.task, f"hand/{unit}/{today}")
        known = await desk.streams.find(Urge, id_)
        require(known is None, "urge.exists", field="task")
        desk.add(
            Urge.issue(
                id_,
                self.task,
                task.campaign_id,
                unit,
                Occasion.HAND,
                today,
                task.deadline,
                self.text,
                desk.at,
                group_id=group,
            )
        )

    def subject(self) -> UUID:
        return self.task


@command("acknowledgeUrge")
class AcknowledgeUrge(Command):
    """Acknowledge an urge. 签收催办"""

    urge: UrgeId = about("The urge.")
    remark: str = about("A remark.", default="")
    unit: UnitId | None = about("The unit that speaks; a reporter's own if left out.", default=None)

    async def handle(self, desk: Desk) -> None:
        urge = await desk.load(Urge, self.urge, "urge")
        urge.acknowledge(desk.unit(self.unit, urge.unit_id), self.remark, desk.at)

    def subject(self) -> UUID:
        return self.urge


# -- the sweep


@command("sweepDay")
class SweepDay(Command):
    """Sweep a day: show, escalate and lift cards, and urge, by the figures at its end. 每日调度"""

    day: date = about("The day; it has come, and is later than any that was swept.")

    async def handle(self, desk: Desk) -> None:
        edition, scheme = await scheme_in_force(desk)
        await conduct(desk, self.day, edition, scheme)

    def subject(self) -> UUID:
        return identifiers.sweep_id(self.day)
