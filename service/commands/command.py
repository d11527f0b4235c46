"""What a command is, the table of all of them, and what several ask before they let the domain decide."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NewType, dataclass_transform
from uuid import UUID

from domain import identifiers
from domain.directory import Directory
from domain.refusal import Refusal
from service.desk import Desk

UnitId = NewType("UnitId", UUID)
OfficialId = NewType("OfficialId", UUID)
CampaignId = NewType("CampaignId", UUID)
GroupId = NewType("GroupId", UUID)
TaskId = NewType("TaskId", UUID)
ReportId = NewType("ReportId", UUID)
WebhookId = NewType("WebhookId", UUID)
# -- assessment
EvaluationId = NewType("EvaluationId", UUID)
# -- accountability
CommendationId = NewType("CommendationId", UUID)
AccountabilityCaseId = NewType("AccountabilityCaseId", UUID)
MeetingId = NewType("MeetingId", UUID)
RatingId = NewType("RatingId", UUID)
RaterId = NewType("RaterId", UUID)
# supervision
UrgeId = NewType("UrgeId", UUID)
ProblemId = NewType("ProblemId", UUID)
VisitId = NewType("VisitId", UUID)
QuestionTimeId = NewType("QuestionTimeId", UUID)
InquiryId = NewType("InquiryId", UUID)
ThirdPartyEvaluationId = NewType("ThirdPartyEvaluationId", UUID)
AppraisalId = NewType("AppraisalId", UUID)
CaseId = NewType("CaseId", UUID)
CourseId = NewType("CourseId", UUID)
MonthlyReportId = NewType("MonthlyReportId", UUID)


def about(description: str, **default: Any) -> Any:
    """A field of a command, with what the schema says of it."""
    return field(metadata={"description": description}, **default)


@dataclass(frozen=True, kw_only=True)
class Command:
    """`NAME` is the mutation's; `subject` the stream whose version a client may expect."""

    NAME: ClassVar[str]

    async def handle(self, desk: Desk) -> None:
        raise TypeError("a command says how it is handled")

    async def afterwards(self, desk: Desk) -> None:
        """What follows from the facts once they are recorded. It may fail to happen (a crash in between), and
        is then made up for by whoever needs it next."""

    def subject(self) -> UUID:
        raise TypeError("a command says what it changes")

    def turn(self) -> UUID:
        """Commands that say the same are handled one after the other: in a process those on one stream, and
        in all processes those whose rule looks at other streams as well."""
        return self.subject()


COMMANDS: dict[str, type[Command]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(about,))
def command(name: str) -> Callable[[type[Command]], type[Command]]:
    def register(cls: type[Command]) -> type[Command]:
        if name in COMMANDS:
            raise ValueError(f"two commands are called {name!r}")
        cls.NAME = name
        COMMANDS[name] = cls
        return dataclass(frozen=True, kw_only=True)(cls)

    return register


async def directory_of(desk: Desk) -> Directory:
    directory = await desk.find(Directory, identifiers.DIRECTORY)
    if directory is None:
        directory = Directory.open(desk.at)
        desk.add(directory)
    return directory


async def require_new(desk: Desk, kind: Any, id_: UUID, field_name: str = "code") -> None:
    if await desk.streams.find(kind, id_) is not None:
        raise Refusal(f"{kind.TOPIC}.exists", field=field_name)
