"""Commands on problems, the monthly list of them, and the joint conference."""

from datetime import date
from uuid import UUID

from domain import identifiers
from domain.campaign import Campaign
from domain.refusal import require
from domain.supervision.conference import Decision, JointConference, ProblemList, require_list_due
from domain.supervision.inquiry import Inquiry
from domain.supervision.problem import Problem, ProblemSource
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from projections.supervision.problems import OPEN_PROBLEMS
from service.commands.command import (
    CampaignId,
    Command,
    GroupId,
    InquiryId,
    ProblemId,
    TaskId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk
from service.identity import Reach

_PROBLEM = "The problem."
_UNIT = "The unit that speaks; a reporter's own if left out, for the office the responsible unit."
_GROUP = "The supervision group that speaks; a supervisor's own if left out."


@command("listProblem")
class ListProblem(Command):
    """Put a problem on the list. 列入问题清单"""

    code: str = about("Short code, unique, such as `wt.2020-05.03`.")
    title: str = about("Title.")
    description: str = about("What is wrong.")
    source: ProblemSource = about("Who found it: a unit says UNIT, a group GROUP; the rest is the office's.")
    campaign: CampaignId | None = about(
        "The campaign it concerns; that of the task if left out.", default=None
    )
    task: TaskId | None = about("The task it concerns, if one.", default=None)
    unit: UnitId | None = about("The unit that found it; a reporter's own if left out.", default=None)
    group: GroupId | None = about("The group that found it; a supervisor's own if left out.", default=None)
    inquiry: InquiryId | None = about("The inquiry it comes from, if one.", default=None)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Problem, self.subject())
        campaign: UUID | None = self.campaign
        if self.task is not None:
            campaign = (await desk.load(Task, self.task, "task")).campaign_id
        elif campaign is not None:
            await desk.load(Campaign, campaign, "campaign")
        found_by = await self._found_by(desk)
        if self.inquiry is not None:
            await desk.load(Inquiry, self.inquiry, "inquiry")
        desk.add(
            Problem.list_(
                self.code,
                self.source,
                self.title,
                self.description,
                campaign,
                self.task,
                found_by,
                self.inquiry,
                desk.at,
            )
        )

    async def _found_by(self, desk: Desk) -> UUID | None:
        """The unit or group that found it; refused where the source is another role's."""
        own = {Reach.OWN_UNIT: ProblemSource.UNIT, Reach.OWN_GROUP: ProblemSource.GROUP}.get(desk.reach)
        by_itself = self.source is not ProblemSource.MEETING
        require(by_itself and own in (None, self.source), "problem.source_of_other_role", field="source")
        if self.source is ProblemSource.GROUP:
            group = desk.require_group(self.group)
            await desk.load(SupervisionGroup, group, "group")
            return group
        if self.source is not ProblemSource.UNIT:
            return None
        nobody = UUID(int=0)
        unit = desk.unit(self.unit, nobody)
        require(unit != nobody, "unit.unknown", field="unit")
        (await directory_of(desk)).require_unit(unit)
        return unit

    def subject(self) -> UUID:
        return identifiers.problem_id(self.code)


class _OfProblem(Command):
    problem: ProblemId

    def subject(self) -> UUID:
        return self.problem

    async def loaded(self, desk: Desk) -> Problem:
        return await desk.load(Problem, self.problem, "problem")

    async def covered(self, desk: Desk, group: UUID) -> Problem:
        """The problem, if the group covers its campaign, where it has one, and the responsible unit."""
        problem = await self.loaded(desk)
        covering = await desk.load(SupervisionGroup, group, "group")
        if problem.unit_id is not None:
            covering.require_covers(problem.campaign_id, problem.unit_id)
        return problem

    async def own_unit(self, desk: Desk, named: UUID | None, problem: Problem) -> UUID:
        return desk.unit(named, problem.unit_id or UUID(int=0))


@command("assignProblem")
class AssignProblem(_OfProblem):
    """Assign a problem to a unit. 交办问题"""

    problem: ProblemId = about(_PROBLEM)
    unit: UnitId = about("The unit that is to put it right.")
    instruction: str = about("What is asked of it.", default="")

    async def handle(self, desk: Desk) -> None:
        (await directory_of(desk)).require_unit(self.unit)
        (await self.loaded(desk)).assign(self.unit, self.instruction, desk.at)


@command("discussProblem")
class DiscussProblem(_OfProblem):
    """Record that a problem was discussed. 会商研判"""

    problem: ProblemId = about(_PROBLEM)
    on: date = about("The day.")
    opinion: str = about("What was found.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).discuss(self.on, self.opinion, desk.at)


@command("planMeasures")
class PlanMeasures(_OfProblem):
    """Set the measures against a problem, and the deadline. 制定整改措施"""

    problem: ProblemId = about(_PROBLEM)
    measures: str = about("The measures.")
    deadline: date = about("By when.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        problem = await self.loaded(desk)
        unit = await self.own_unit(desk, self.unit, problem)
        problem.plan_measures(unit, self.measures, self.deadline, desk.at)


@command("resolveProblem")
class ResolveProblem(_OfProblem):
    """Report a problem as put right; it awaits verification. 报告整改完成"""

    problem: ProblemId = about(_PROBLEM)
    on: date = about("The day it was put right.")
    result: str = about("What was done.")
    unit: UnitId | None = about(_UNIT, default=None)

    async def handle(self, desk: Desk) -> None:
        problem = await self.loaded(desk)
        unit = await self.own_unit(desk, self.unit, problem)
        problem.resolve(unit, self.on, self.result, desk.at)


@command("returnProblem")
class ReturnProblem(_OfProblem):
    """Return a problem that is not put right. 核查退回"""

    problem: ProblemId = about(_PROBLEM)
    reason: str = about("What is still to be done.")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        (await self.covered(desk, group)).return_to_unit(group, self.reason, desk.at)


@command("closeProblem")
class CloseProblem(_OfProblem):
    """Verify that a problem is put right, and close it. 核查销号"""

    problem: ProblemId = about(_PROBLEM)
    remark: str = about("A remark.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.require_group(self.group)
        (await self.covered(desk, group)).close(group, self.remark, desk.at)


@command("reopenProblem")
class ReopenProblem(_OfProblem):
    """Reopen a closed problem. 重新打开"""

    problem: ProblemId = about(_PROBLEM)
    reason: str = about("Why.")
    group: GroupId | None = about("The supervision group that speaks, if one does.", default=None)

    async def handle(self, desk: Desk) -> None:
        group = desk.group(self.group)
        problem = await (self.loaded(desk) if group is None else self.covered(desk, group))
        problem.reopen(group, self.reason, desk.at)


# -- the month


@command("compileProblemList")
class CompileProblemList(Command):
    """Freeze the open problems into the month's list. 形成问题清单"""

    period: str = about("The month, such as `2020-05`.")

    async def handle(self, desk: Desk) -> None:
        require_list_due(self.period, desk.at.date())
        await require_new(desk, ProblemList, self.subject(), "period")
        _, tables = await desk.settled()
        open_problems = [row["id"] for row in await tables.rows(OPEN_PROBLEMS)]
        desk.add(ProblemList.compile(self.period, open_problems, desk.at))

    def subject(self) -> UUID:
        return identifiers.problem_list_id(self.period)


@command("holdJointConference")
class HoldJointConference(Command):
    """Record the joint conference on the month's list, with a decision on each problem. 召开联席会议"""

    period: str = about("The month of the list.")
    on: date = about("The day of the conference.")
    attendees: tuple[UnitId, ...] = about("The units that attended.")
    decisions: tuple[Decision, ...] = about("One on each problem of the list that is still open.")

    async def handle(self, desk: Desk) -> None:
        await require_new(desk, JointConference, self.subject(), "period")
        frozen = await desk.load(ProblemList, identifiers.problem_list_id(self.period), "period")
        directory = await directory_of(desk)
        for n, unit in enumerate(self.attendees):
            directory.require_unit(unit, f"attendees.{n}")
        for n, decision in enumerate(self.decisions):
            if decision.unit_id is not None:
                directory.require_unit(decision.unit_id, f"decisions.{n}.unit")
        problems = {id_: await desk.load(Problem, id_, "decisions") for id_ in frozen.problem_ids}
        still_open = [id_ for id_, problem in problems.items() if not problem.is_closed]
        conference = JointConference.convene(
            frozen, self.on, self.attendees, self.decisions, still_open, desk.at
        )
        desk.add(conference)
        for n, decided in enumerate(conference.decisions):
            given = (conference.id, decided.text, decided.unit_id, decided.deadline, desk.at)
            problems[decided.problem_id].decide(*given, field=f"decisions.{n}.unit")

    def subject(self) -> UUID:
        return identifiers.joint_conference_id(self.period)
