"""The nested inputs of commands: what the schema takes, and the domain's value it stands for."""

import re
from dataclasses import MISSING, fields
from datetime import date
from decimal import Decimal
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import strawberry

from domain.assessment.grounds import GroundNamed
from domain.assessment.scheme_content import SchemeContent
from domain.campaign import TaskForceMember, TaskForceRole
from domain.documents import Document, Evidence
from domain.draw_pools import Quota, Source
from domain.indicator import Direction as Measure
from domain.indicator import Indicator, IndicatorValue
from domain.meeting import AgendaItem
from domain.rating_scale import Grade
from domain.schedule import Milestone
from service import commands
from service.api import tasks  # noqa: F401 - names the enumerations that the inputs use
from service.api.accountability.inputs import GroundInput
from service.api.assessment.schemes import SchemeContentInput
from service.api.plan.ids import key_in
from service.api.ratings.results import RatingGradeInput
from service.api.review_meetings import AgendaItemInput, DrawSourceInput, QuotaInput
from service.api.scalars import Position
from service.api.supervision import inputs as supervision

said = strawberry.field


@strawberry.input(description="A measure of a task. 指标")
class IndicatorInput:
    code: str = said(description="Code, unique within the task.")
    name: str = said(description="Name.")
    direction: Measure = said(description="How the target is meant.")
    unit_of_measure: str = said(description="Unit of measure.")
    target: Decimal | None = said(
        default=None, description="Target; null only where the text lost the figure."
    )
    weight: Decimal = said(description="Weight within the task, in percent.")
    baseline: Decimal | None = said(default=None, description="Baseline, if any.")
    assumed: bool = said(default=False, description="Not in the plan's text.")

    def to_domain(self) -> Indicator:
        return Indicator(
            self.code,
            self.name,
            self.direction,
            self.unit_of_measure,
            self.target,
            self.weight,
            self.baseline,
            self.assumed,
        )


@strawberry.input(description="A value reported for an indicator.")
class IndicatorValueInput:
    indicator: str = said(description="The indicator's code.")
    value: Decimal = said(description="Cumulative since the start, in the indicator's unit of measure.")

    def to_domain(self) -> IndicatorValue:
        return IndicatorValue(self.indicator, self.value)


@strawberry.input(description="A date by which a share of the task is to be done. 节点")
class MilestoneInput:
    title: str = said(description="What is to be done.")
    due: date = said(description="By when.")
    share: Decimal = said(description="Cumulative share of the task, above 0 and at most 1.")
    assumed: bool = said(default=False, description="The share was not in the plan's text.")

    def to_domain(self) -> Milestone:
        return Milestone(self.title, self.due, self.share, self.assumed)


@strawberry.input(description="Evidence kept elsewhere. 佐证材料")
class EvidenceInput:
    url: str = said(description="An http or https address.")
    sha256: str = said(description="SHA-256 of the file's bytes, 64 hexadecimal digits in lower case.")
    title: str = said(default="", description="What it is.")

    def to_domain(self) -> Evidence:
        return Evidence(self.url, self.sha256, self.title)


@strawberry.input(description="An authorising document. 依据文件")
class DocumentInput:
    number: str = said(description="Its number. 文号")
    title: str = said(description="Its title.")
    issued_on: date = said(description="The day it was issued.")

    def to_domain(self) -> Document:
        return Document(self.number, self.title, self.issued_on)


@strawberry.input(description="A member of a task force. 专班成员")
class TaskForceMemberInput:
    official: strawberry.ID = said(description="Who.")
    role: TaskForceRole = said(description="Role; exactly one member is the leader.")
    since: date = said(description="First day of the term.")
    until: date | None = said(default=None, description="Last day of the term; null while it is open.")

    def to_domain(self) -> TaskForceMember:
        return TaskForceMember(_key(self.official, "official"), self.role, self.since, self.until)


# What stands in the schema for a type of a command's field, and how it becomes the domain's.
_NESTED: dict[Any, type] = {
    Indicator: IndicatorInput,
    IndicatorValue: IndicatorValueInput,
    Milestone: MilestoneInput,
    Evidence: EvidenceInput,
    Document: DocumentInput,
    TaskForceMember: TaskForceMemberInput,
    # -- assessment
    SchemeContent: SchemeContentInput,
    # -- accountability
    GroundNamed: GroundInput,
    # meetings and ratings
    AgendaItem: AgendaItemInput,
    Quota: QuotaInput,
    Source: DrawSourceInput,
    Grade: RatingGradeInput,
    **supervision.NESTED,
}
_PREFIXES: dict[Any, str] = {
    commands.UnitId: "unit",
    commands.OfficialId: "official",
    commands.CampaignId: "campaign",
    commands.GroupId: "group",
    commands.TaskId: "task",
    commands.ReportId: "report",
    commands.WebhookId: "webhook",
    # -- assessment
    commands.EvaluationId: "evaluation",
    # -- accountability
    commands.CommendationId: "commendation",
    commands.AccountabilityCaseId: "accountability_case",
    # audit
    commands.ErasureId: "erasure",
    # meetings and ratings
    commands.MeetingId: "meeting",
    commands.RatingId: "rating",
    commands.RaterId: "rater",
    **supervision.PREFIXES,
}
# Plain values that the schema knows by another name.
_SCALARS: dict[Any, Any] = {commands.EventPosition: Position}
_KEY = re.compile(r"[!-~]{8,100}")


def _key(id_: Any, prefix: str) -> UUID:
    key = key_in(id_, prefix)
    assert key is not None
    return UUID(key)


def schema_type(type_: Any) -> Any:
    """The schema's type for the type of a command's field."""
    if type_ in _PREFIXES:
        return strawberry.ID
    if type_ in _NESTED:
        return _NESTED[type_]
    if type_ in _SCALARS:
        return _SCALARS[type_]
    arguments = get_args(type_)
    if get_origin(type_) is tuple:
        return list[schema_type(arguments[0])]  # type: ignore[misc]
    if arguments and type(None) in arguments:
        inner = next(a for a in arguments if a is not type(None))
        return Union[schema_type(inner), None]  # noqa: UP007 - built from a value
    return type_


def to_domain(type_: Any, value: Any) -> Any:
    """The value of a command's field for what the schema brought."""
    if value is None:
        return None
    if type_ in _PREFIXES:
        return _key(value, _PREFIXES[type_])
    if hasattr(value, "to_domain"):
        return value.to_domain()
    arguments = get_args(type_)
    if get_origin(type_) is tuple:
        return tuple(to_domain(arguments[0], item) for item in value)
    if arguments and type(None) in arguments:
        return to_domain(next(a for a in arguments if a is not type(None)), value)
    return value


def input_of(command: type[commands.Command]) -> type:
    """The input type of a command's mutation: its fields, the idempotency key, the expected version."""
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {}
    for declared in fields(command):
        annotations[declared.name] = schema_type(declared.type)
        default = {} if declared.default is MISSING else {"default": _plain(declared.default)}
        if default.get("default", ()) == []:
            default = {"default_factory": list}
        namespace[declared.name] = strawberry.field(description=declared.metadata["description"], **default)
    annotations["idempotency_key"] = str
    namespace["idempotency_key"] = strawberry.field(
        description=(
            "8-100 visible ASCII characters, new for each new command. Sent again with the same input it gets"
            " the same answer and records nothing; with another input it is refused."
        )
    )
    annotations["expected_version"] = int | None
    namespace["expected_version"] = strawberry.field(
        default=None, description="Refuse the command if the stream is no longer at this version."
    )
    name = f"{command.__name__}Input"
    built = type(name, (), {"__annotations__": annotations, "__module__": __name__, **namespace})
    return strawberry.input(built, name=name, description=(command.__doc__ or "").strip())


def _plain(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default


def command_from(kind: type[commands.Command], given: Any) -> commands.Command:
    """The command in an input."""
    return kind(**{f.name: to_domain(f.type, getattr(given, f.name)) for f in fields(kind)})


def key_is_sound(key: str) -> bool:
    return _KEY.fullmatch(key) is not None
