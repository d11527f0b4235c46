"""Commands on review meetings: scheduled, drawn, presented, commented, evaluated, followed up."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.directory import Directory
from domain.draw_pools import (
    DEFAULT_RULE,
    DrawRule,
    Pool,
    Quota,
    Source,
    commitment,
    pool_of,
    require_rule,
    round_of,
)
from domain.meeting import AgendaItem, ReviewMeeting
from domain.refusal import require
from domain.supervision.problem import Problem, ProblemSource
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from projections.meetings import (
    ANOTHER_PENDING,
    BEFORE_FROZEN,
    DRAWS_OF_CATEGORY,
    MONTH_TAKEN,
    UNITS_OF_CATEGORY,
)
from service.commands.command import (
    Command,
    GroupId,
    MeetingId,
    OfficialId,
    TaskId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.commands.tasks import ListTask
from service.desk import Desk

_MEETING = "The review meeting."


@command("scheduleReviewMeeting")
class ScheduleReviewMeeting(Command):
    """Schedule a monthly review meeting, with its agenda and the roll of those who attend. 安排点评会"""

    code: str = about("Short code, unique, such as `2020-05`.")
    title: str = about("Title.")
    period: str = about("The month that is reviewed, such as `2020-05`.")
    held_on: date = about("The day it is held.")
    place: str = about("Where.", default="")
    agenda: tuple[AgendaItem, ...] = about("The agenda.", default=())
    attendees: tuple[OfficialId, ...] = about("Who attends, and may rate.")
    demonstration: bool = about("Played, not lived.", default=False)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, ReviewMeeting, self.subject())
        await _require_attendees(desk, self.attendees)
        desk.add(
            ReviewMeeting.schedule(
                self.code,
                self.title,
                self.period,
                self.held_on,
                self.place,
                self.agenda,
                self.attendees,
                desk.at,
                demonstration=self.demonstration,
            )
        )

    def subject(self) -> UUID:
        return identifiers.meeting_id(self.code)


class _OfMeeting(Command):
    meeting: MeetingId

    def subject(self) -> UUID:
        return self.meeting

    async def loaded(self, desk: Desk) -> ReviewMeeting:
        return await desk.load(ReviewMeeting, self.meeting, "meeting")


@command("reviseMeetingRoll")
class ReviseMeetingRoll(_OfMeeting):
    """Change who attends a review meeting. 调整参会人员"""

    meeting: MeetingId = about(_MEETING)
    attendees: tuple[OfficialId, ...] = about("Everybody who attends from now on.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        await _require_attendees(desk, self.attendees)
        meeting.revise_roll(self.attendees, desk.at)


@command("freezeCandidates")
class FreezeCandidates(_OfMeeting):
    """Publish whom a meeting draws from, and bind the service to its secret, before the sources of chance are
    known. 固定抽取名单"""

    meeting: MeetingId = about(_MEETING)
    sources: tuple[str, ...] = about("What witnesses will enter: lottery figures, dice.")
    edition: str = about(
        "Edition of the rule; other quotas than the usual are another edition.", default=DEFAULT_RULE.edition
    )
    quotas: tuple[Quota, ...] = about(
        "How many of each category; none: two counties, one zone, three departments.", default=()
    )

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        meeting.require_to_be_frozen()
        rule = require_rule(DrawRule(self.edition, self.quotas or DEFAULT_RULE.quotas))
        pools = await _pools(desk, rule)
        await self._require_month(desk, meeting.period)
        secret = await desk.ballots.bind(self.meeting, [spent.commitment for spent in meeting.abandoned])
        bound = commitment(self.meeting, secret)
        meeting.freeze_candidates(rule, pools, bound, self.sources, desk.viewer.actor, desk.at)

    def turn(self) -> UUID:
        """One list after the other, whichever the meeting: the rule looks at all of them."""
        return identifiers.DRAWS

    async def _require_month(self, desk: Desk, period: str) -> None:
        """A month is drawn for at one meeting, or another one would be a draw to choose from."""
        _, tables = await desk.settled()
        taken = await tables.rows(MONTH_TAKEN, period, self.meeting)
        require(not taken, "draw.month_taken", field="meeting")


@command("abandonDraw")
class AbandonDraw(_OfMeeting):
    """Give up a draw whose sources do not come, such as a lottery that was cancelled: its secret is revealed,
    and the list may be frozen once more. 放弃抽取"""

    meeting: MeetingId = about(_MEETING)
    grounds: str = about("Why; it is public, and names nobody.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        secret = await desk.ballots.kept_secret(self.meeting)
        meeting.abandon_draw(secret, self.grounds, desk.viewer.actor, desk.at)

    async def afterwards(self, desk: Desk) -> None:
        abandoned = (await self.loaded(desk)).abandoned
        await desk.ballots.forget_spent(self.meeting, [each.commitment for each in abandoned])


@command("drawUnits")
class DrawUnits(_OfMeeting):
    """Draw the units that present on site, from the revealed secret and what witnesses entered. 抽取单位"""

    meeting: MeetingId = about(_MEETING)
    sources: tuple[Source, ...] = about("What came of each source that was announced.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        meeting.require_frozen()
        await self._require_first(desk)
        meeting.draw_units(await desk.ballots.secret(self.meeting), self.sources, desk.at)

    async def _require_first(self, desk: Desk) -> None:
        """Of two lists that were frozen at once (by two processes, neither of which saw the other's), the
        first is drawn from: two would be two draws to choose from."""
        _, tables = await desk.settled()
        [before] = await tables.rows(BEFORE_FROZEN, self.meeting)
        require(not before["pending"], "draw.another_was_first", field="meeting")
        require(not before["taken"], "draw.month_taken", field="meeting")

    async def afterwards(self, desk: Desk) -> None:
        frozen = (await self.loaded(desk)).frozen
        await desk.ballots.forget_spent(self.meeting, [] if frozen is None else [frozen.commitment])


@command("recordPresentation")
class RecordPresentation(_OfMeeting):
    """Record that a unit that was drawn has presented. 记录现场汇报"""

    meeting: MeetingId = about(_MEETING)
    unit: UnitId = about("The unit.")
    presenter: OfficialId | None = about("Who presented.", default=None)
    summary: str = about("What was presented.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        if self.presenter is not None:
            (await directory_of(desk)).require_official(self.presenter, "presenter")
        meeting.record_presentation(self.unit, self.presenter, self.summary, desk.at)


@command("recordComment")
class RecordComment(_OfMeeting):
    """Record a comment of the leader in charge or of a supervision group on a unit. 记录点评"""

    meeting: MeetingId = about(_MEETING)
    unit: UnitId = about("The unit commented on.")
    official: OfficialId | None = about("The leader who comments.", default=None)
    group: GroupId | None = about(
        "The supervision group that comments; a supervisor's own if left out.", default=None
    )
    text: str = about("The comment.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        group = desk.group(self.group) or (desk.viewer.group_id if self.official is None else None)
        if self.official is not None:
            (await directory_of(desk)).require_official(self.official, "official")
        if group is not None:
            await desk.streams.load(SupervisionGroup, group, "group")
        meeting.record_comment(self.unit, self.official, group, self.text, desk.at)


@command("evaluateStage")
class EvaluateStage(_OfMeeting):
    """Record the chief leader's evaluation of the stage. 阶段评价"""

    meeting: MeetingId = about(_MEETING)
    official: OfficialId = about("The chief leader.")
    text: str = about("The evaluation and what is to be done next.")

    async def handle(self, desk: Desk) -> None:
        meeting = await self.loaded(desk)
        (await directory_of(desk)).require_official(self.official, "official")
        meeting.evaluate_stage(self.official, self.text, desk.at)


@command("assignMeetingFollowUp")
class AssignMeetingFollowUp(ListTask):
    """Set a task that the meeting decided: it is put on the ledger like any other. 会议交办"""

    meeting: MeetingId = about(_MEETING)

    async def handle(self, desk: Desk) -> None:
        meeting = await desk.load(ReviewMeeting, self.meeting, "meeting")
        await super().handle(desk)
        meeting.set_follow_up(self.subject(), desk.at)


@command("raiseMeetingProblem")
class RaiseMeetingProblem(_OfMeeting):
    """Put a problem that came up at the meeting on the list, assigned to a unit. 会议交办问题"""

    meeting: MeetingId = about(_MEETING)
    code: str = about("Short code of the problem, unique, such as `wt.2020-05.03`.")
    title: str = about("Title.")
    description: str = about("What is wrong.")
    unit: UnitId = about("The unit that is to put it right.")
    task: TaskId | None = about("The task it concerns, if one.", default=None)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        meeting = await self.loaded(desk)
        id_ = identifiers.problem_id(self.code)
        await require_new(desk, Problem, id_)
        (await directory_of(desk)).require_unit(self.unit)
        campaign = None
        if self.task is not None:
            campaign = (await desk.load(Task, self.task, "task")).campaign_id
        told = (self.title, self.description, campaign, self.task, None, self.meeting, desk.at)
        problem = Problem.list_(self.code, ProblemSource.MEETING, *told)
        problem.assign(self.unit, "", desk.at)
        desk.add(problem)
        meeting.raise_problem(id_, desk.at)


@command("keepMinutes")
class KeepMinutes(_OfMeeting):
    """Keep the minutes, which end the meeting. 形成会议纪要"""

    meeting: MeetingId = about(_MEETING)
    text: str = about("The minutes.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).keep_minutes(self.text, desk.at)


async def _require_attendees(desk: Desk, attendees: tuple[OfficialId, ...]) -> None:
    directory = await desk.streams.find(Directory, identifiers.DIRECTORY) or Directory.open(desk.at)
    for i, attendee in enumerate(attendees):
        directory.require_official(attendee, f"attendees.{i}")


async def _pools(desk: Desk, rule: DrawRule) -> tuple[Pool, ...]:
    """The pools of a draw now: whom earlier meetings drew is asked of the read tables."""
    _, tables = await desk.settled()
    pending = await tables.rows(ANOTHER_PENDING)
    require(not pending, "draw.another_pending", field="meeting")
    pools = []
    for quota in rule.quotas:
        units = [row["id"] for row in await tables.rows(UNITS_OF_CATEGORY, quota.category.value)]
        draws = [row["unit_ids"] for row in await tables.rows(DRAWS_OF_CATEGORY, quota.category.value)]
        pools.append(pool_of(quota, units, round_of(draws)))
    return tuple(pools)
