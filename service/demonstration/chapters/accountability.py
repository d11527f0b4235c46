"""Merit and fault in the demonstration year (奖惩): invented, like everybody in it.

Told once for a plan and a seed: which unit and which official have which part is drawn, the days are written.
Five commendations (one refused, one revoked), six cases (one dropped); three appeals: one is upheld, one
changes the penalty, and one wins after the ranking of the month in which the penalty counted was published.
One official changes office in autumn and takes their record along.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from random import Random
from typing import Any

from domain import identifiers
from domain.assessment.grounds import GroundNamed
from domain.directory import Category
from domain.documents import Document
from service import commands as given
from service.commands import AccountabilityCaseId, Command, CommendationId, OfficialId, UnitId
from service.demonstration.acts import Act, Stage
from service.demonstration.setting import ACTORS, OFFICE, Setting, reporter, supervisor
from service.demonstration.workdays import workday
from service.identity import Role, Viewer
from service.plans.rows import OfficialRow, PlanDocument, TaskRow

NAME = "accountability"
_HOUR = time(16)
_OUTLET = "演示政务网站·通报栏"
_BASIS = "《演示问责办法（虚构）》第八条"
_OFFICE, _REVIEWERS = "演示攻坚办", "演示督查室"

Given = tuple[Viewer, Command]


@dataclass(frozen=True)
class Cast:
    """Who plays: units by code, officials who lead one, a group, the tasks that were due by July, in the
    order in which they are looked at."""

    counties: list[str]
    zones: list[str]
    departments: list[str]
    officials: list[OfficialRow]
    group: str | None
    due: list[TaskRow]


def chapter(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    """A plan that has too few units or officials for a part leaves the part out."""
    cast = _cast(document, setting)
    told: list[tuple[int, int, str, Callable[[Stage], Any]]] = []
    for matter in (*_commendations(cast), *_cases(cast), *_changes_of_office(cast)):
        told += matter
    for month, day, name, play in told:
        on = workday(date(2020, month, day))
        yield Act(datetime.combine(on, _HOUR, setting.zone), name, play)


def _cast(document: PlanDocument, setting: Setting) -> Cast:
    rng = Random(f"{setting.seed}/{NAME}")

    def drawn(category: Category, count: int) -> list[str]:
        codes = [unit.code for unit in document.units if unit.category is category]
        return rng.sample(codes, min(count, len(codes)))

    counties, zones = drawn(Category.COUNTY, 3), drawn(Category.ZONE, 2)
    departments = drawn(Category.DEPARTMENT, 6)
    leading = [o for o in document.officials if o.leads is not None and o.leads not in departments]
    officials = rng.sample(leading, min(4, len(leading)))
    due = [task for task in document.tasks if task.deadline <= date(2020, 7, 31)]
    rng.shuffle(due)
    group = document.groups[0].code if document.groups else None
    return Cast(counties, zones, departments, officials, group, due)


# -- one command of one act


def _act(month: int, day: int, name: str, command: Given) -> tuple[int, int, str, Callable[[Stage], Any]]:
    return month, day, name, partial(_play, command)


async def _play(command: Given, stage: Stage) -> None:
    viewer, order = command
    await stage.close(order, viewer)


def _document(number: int, subject: str, month: int, day: int) -> Document:
    return Document(
        f"演示奖惩〔2020〕{number}号", f"关于{subject}的决定（演示）", workday(date(2020, month, day))
    )


def _official(row: OfficialRow) -> OfficialId:
    return OfficialId(identifiers.official_id(row.code))


def _unit(code: str) -> UnitId:
    return UnitId(identifiers.unit_id(code))


def oneself(row: OfficialRow) -> Viewer:
    """The official, speaking for themselves."""
    return Viewer(Role.OFFICIAL, f"{ACTORS}official:{row.code}", official_id=_official(row))


# -- commendations

Matter = list[tuple[int, int, str, Callable[[Stage], Any]]]


class _Merit:
    """A commendation, act by act."""

    def __init__(self, code: str, title: str, grounds: str, **about: Any):
        self.code = code
        self.nomination = {
            "code": code,
            "title": f"【演示】{title}",
            "grounds": f"【演示】{grounds}",
            **about,
        }
        self.id = CommendationId(identifiers.commendation_id(code))
        self.acts: Matter = []

    def then(self, month: int, day: int, verb: str, viewer: Viewer, command: Command) -> "_Merit":
        self.acts.append(_act(month, day, f"{self.code}/{verb}", (viewer, command)))
        return self

    def nominated(self, month: int, day: int, viewer: Viewer) -> "_Merit":
        return self.then(month, day, "nominated", viewer, given.NominateCommendation(**self.nomination))

    def confirmed(self, month: int, day: int) -> "_Merit":
        confirmed = given.ConfirmCommendation(commendation=self.id, remark="经核实，事迹属实。")
        return self.then(month, day, "confirmed", OFFICE, confirmed)

    def awarded(self, month: int, day: int, form: str, number: int) -> "_Merit":
        document = _document(number, "表扬奖励", month, day)
        awarded = given.AwardCommendation(commendation=self.id, form=form, document=document)
        published = given.PublishCommendation(commendation=self.id, outlet=_OUTLET)
        self.then(month, day, "awarded", OFFICE, awarded)
        return self.then(month, day + 1, "published", OFFICE, published)


def _commendations(cast: Cast) -> Iterator[Matter]:
    if cast.counties:
        county = cast.counties[0]
        merit = _Merit(
            "demo.merit.1", "农村改厕提前完成", "提前两个月完成年度任务，群众满意度高。", unit=_unit(county)
        )
        yield merit.nominated(5, 12, reporter(county)).confirmed(5, 18).awarded(5, 22, "notice", 1).acts
    if cast.departments and cast.group:
        merit = _Merit(
            "demo.merit.2", "审批服务提速", "办理时限压缩过半，经验可推广。", unit=_unit(cast.departments[0])
        )
        merit.nominated(6, 9, supervisor(cast.group)).confirmed(6, 15)
        yield merit.awarded(6, 22, "advanced", 2).acts
    if cast.officials:
        merit = _Merit(
            "demo.merit.3",
            "牵头攻坚实绩突出",
            "带队破解堵点难点，任务提前销号。",
            official=_official(cast.officials[0]),
        )
        yield merit.nominated(7, 7, OFFICE).confirmed(7, 14).awarded(7, 24, "merit", 3).acts
    if cast.zones:
        zone = cast.zones[0]
        merit = _Merit("demo.merit.4", "招商引资进度领先", "签约额居前。", unit=_unit(zone))
        refused = given.RefuseCommendation(commendation=merit.id, reason="【演示】签约尚未落地，暂不认定。")
        yield merit.nominated(8, 11, reporter(zone)).then(8, 19, "refused", OFFICE, refused).acts
    if len(cast.counties) > 1:
        county = cast.counties[1]
        merit = _Merit("demo.merit.5", "清洁取暖全覆盖", "改造率先完成。", unit=_unit(county))
        merit.nominated(6, 16, reporter(county)).confirmed(6, 24).awarded(6, 29, "notice", 4)
        revoked = given.RevokeCommendation(
            commendation=merit.id,
            reason="【演示】复核发现改造户数虚报。",
            document=_document(5, "撤销表扬奖励", 9, 15),
        )
        yield merit.then(9, 15, "revoked", OFFICE, revoked).acts


# -- accountability cases


class _Fault:
    """An accountability case, act by act."""

    def __init__(self, code: str, fact: str, **about: Any):
        self.code, self.fact, self.about = code, f"【演示】{fact}", about
        self.id = AccountabilityCaseId(identifiers.accountability_case_id(code))
        self.acts: Matter = []

    def then(
        self, month: int, day: int, verb: str, viewer: Viewer, kind: type[Command], **more: Any
    ) -> "_Fault":
        command = kind(accountability_case=self.id, **more)  # type: ignore[call-arg]
        self.acts.append(_act(month, day, f"{self.code}/{verb}", (viewer, command)))
        return self

    def opened(self, month: int, day: int, happened_on: date, ground: GroundNamed) -> "_Fault":
        opened = given.OpenAccountabilityCase(
            code=self.code, ground=ground, happened_on=happened_on, summary=self.fact, **self.about
        )
        self.acts.append(_act(month, day, f"{self.code}/opened", (OFFICE, opened)))
        return self

    def heard(self, month: int, day: int, statement: str) -> "_Fault":
        self.then(month, day, "fact", OFFICE, given.EstablishFact, fact=self.fact)
        statement = f"【演示】{statement}"
        return self.then(month, day + 2, "heard", OFFICE, given.RecordHearing, statement=statement)

    def penalized(self, month: int, day: int, step: str, number: int, *, published: bool = True) -> "_Fault":
        document = _document(number, "问责处理", month, day)
        rests: dict[str, Any] = {"legal_basis": _BASIS, "decided_by": _OFFICE, "document": document}
        self.then(month, day, "penalized", OFFICE, given.ImposePenalty, step=step, **rests)
        if published:
            self.then(month, day + 1, "published", OFFICE, given.PublishPenalty, outlet=_OUTLET)
        executed_on = workday(date(2020, month, day + 1))
        return self.then(
            month, day + 1, "executed", OFFICE, given.ExecutePenalty, executed_on=executed_on, remark=""
        )

    def appealed(self, month: int, day: int, viewer: Viewer, grounds: str) -> "_Fault":
        return self.then(month, day, "appealed", viewer, given.LodgeAppeal, grounds=f"【演示】{grounds}")

    def decided(
        self, month: int, day: int, number: int, kind: type[Command], reason: str, **more: Any
    ) -> "_Fault":
        document = _document(number, "申诉处理", month, day)
        rests: dict[str, Any] = {
            "reason": f"【演示】{reason}",
            "decided_by": _REVIEWERS,
            "document": document,
        }
        return self.then(month, day, "decided", OFFICE, kind, **rests, **more)

    def closed(self, month: int, day: int) -> "_Fault":
        return self.then(month, day, "closed", OFFICE, given.CloseAccountabilityCase, remark="材料归档。")


def _complaint(number: int) -> GroundNamed:
    return GroundNamed("complaint", f"演示举报〔2020〕{number}号")


def _audit(number: int) -> GroundNamed:
    return GroundNamed("audit_finding", f"演示审计〔2020〕{number}号")


def _cases(cast: Cast) -> Iterator[Matter]:
    if len(cast.departments) > 1:
        unit = cast.departments[1]
        fault = _Fault("demo.case.1", "群众来信办理超期。", unit=_unit(unit))
        fault.opened(5, 21, date(2020, 5, 11), _complaint(11)).heard(5, 26, "已安排专人办结。")
        yield fault.penalized(6, 4, "reminder", 11, published=False).closed(7, 8).acts
    if len(cast.departments) > 2:
        # The appeal that wins, after the ranking of June was published.
        unit = cast.departments[2]
        fault = _Fault("demo.case.2", "专项资金拨付滞后。", unit=_unit(unit))
        fault.opened(6, 3, date(2020, 5, 15), _audit(3)).heard(6, 8, "资金由上级统筹，非本单位延误。")
        fault.penalized(6, 16, "criticism", 12)
        fault.appealed(7, 14, reporter(unit), "资金下达日期有上级文件为证，认定事实有误。")
        fault.decided(7, 22, 13, given.OverturnPenalty, "经复查，延误非该单位所致，撤销原处理决定。")
        yield fault.closed(7, 27).acts
    if cast.due:
        yield _missed_target(cast.due)
    if len(cast.officials) > 1:
        official = cast.officials[1]
        fault = _Fault("demo.case.4", "对突出问题推诿拖延。", official=_official(official))
        fault.opened(8, 6, date(2020, 7, 20), _complaint(27)).heard(8, 11, "已作检讨，部分情况属交接原因。")
        fault.penalized(8, 20, "admonition", 15, published=False)
        fault.appealed(9, 8, oneself(official), "任职不足一月，前期责任不在本人。")
        fault.decided(9, 22, 16, given.ChangePenalty, "责任认定偏重，变更为约谈。", step="talk")
        yield fault.closed(9, 24).acts
    if len(cast.counties) > 2:
        county = cast.counties[2]
        fault = _Fault("demo.case.5", "整改台账弄虚作假。", unit=_unit(county))
        fault.opened(9, 9, date(2020, 8, 28), _audit(8)).heard(9, 14, "个别镇街把关不严。")
        fault.penalized(9, 22, "inspection", 17)
        fault.appealed(10, 13, reporter(county), "已及时纠正，请从轻处理。")
        fault.decided(10, 27, 18, given.UpholdPenalty, "事实清楚、处理适当，维持原决定。")
        yield fault.closed(10, 29).acts
    if len(cast.zones) > 1:
        fault = _Fault("demo.case.6", "反映项目用地手续不全。", unit=_unit(cast.zones[1]))
        fault.opened(11, 10, date(2020, 10, 30), _complaint(41))
        dropped = "【演示】经查手续齐全，反映不实。"
        yield fault.then(11, 18, "dropped", OFFICE, given.DropAccountabilityCase, reason=dropped).acts


def _missed_target(due: list[TaskRow]) -> Matter:
    """The case of a task that was due and is not delivered: it rests on the event that listed the task."""
    fault = _Fault("demo.case.3", "任务未按时限完成，且未申请延期。")

    async def open_case(stage: Stage) -> None:
        recorder = stage.commands.recorder
        listed = await recorder.select_notifications(1, 100_000, topics=["task.listed"])
        delivered = await recorder.select_notifications(1, 100_000, topics=["task.delivered"])
        done = {event.originator_id for event in delivered}
        late = next((task for task in due if identifiers.task_id(task.code) not in done), due[0])
        stream = identifiers.task_id(late.code)
        position = next(event.id for event in listed if event.originator_id == stream)
        opened = given.OpenAccountabilityCase(
            code=fault.code,
            unit=_unit(late.lead),
            ground=GroundNamed("missed_target", f"任务{late.code}（演示）", position),
            happened_on=late.deadline,
            summary=fault.fact,
        )
        await stage.close(opened, OFFICE)

    fault.acts.append((8, 4, f"{fault.code}/opened", open_case))
    fault.heard(8, 6, "前期手续办理较慢，已倒排工期。").penalized(8, 13, "talk", 14)
    return fault.closed(9, 16).acts


# -- a change of office


def _changes_of_office(cast: Cast) -> Iterator[Matter]:
    """Two officials change places; each takes the record along, and each unit keeps its own."""
    if len(cast.officials) < 3:
        return
    first, second = cast.officials[1], cast.officials[2]
    assert first.leads is not None
    assert second.leads is not None
    until = workday(date(2020, 10, 15))
    since = date(2020, 10, 16)
    acts: Matter = []
    for row in (first, second):
        released = given.ReleaseOfficial(unit=_unit(str(row.leads)), until=until)
        acts.append(_act(10, 15, f"office/{row.code}/released", (OFFICE, released)))
    for row, unit in ((first, second.leads), (second, first.leads)):
        appointed = given.AppointOfficial(
            official=_official(row), unit=_unit(unit), post="主要负责人", since=since
        )
        acts.append(_act(10, 16, f"office/{row.code}/appointed", (OFFICE, appointed)))
    yield acts
