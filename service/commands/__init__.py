"""Every command, in one place: what it carries, and which aggregates it works on.

A command is named like its mutation; its docstring and its fields' descriptions are what the schema says of
it. The rules are the domain's; here is only what a rule needs to be asked: other aggregates, the asking
unit or group. `COMMANDS` is the table of them all, in the order of this module's imports.
"""

from service.commands.campaigns import (
    ChangeGroupCoverage,
    FormSupervisionGroup,
    FormTaskForce,
    LaunchCampaign,
)
from service.commands.command import (
    COMMANDS,
    CampaignId,
    Command,
    GroupId,
    OfficialId,
    ReportId,
    TaskId,
    UnitId,
)
from service.commands.directory import (
    AppointOfficial,
    RegisterOfficial,
    RegisterUnit,
    ReleaseOfficial,
    RenameUnit,
)
from service.commands.erasures import ConfirmErasure, ErasureId, EventPosition, OrderErasure
from service.commands.tasks import (
    AcceptTask,
    CorrectReport,
    DeliverTask,
    DisputeReport,
    ExtendDeadline,
    ListTask,
    PublishReport,
    PublishTask,
    ReassignTask,
    ReportProgress,
    ReturnTask,
    ReviseTarget,
    VerifyReport,
    WithdrawReport,
)

__all__ = [
    "COMMANDS",
    "AcceptTask",
    "AppointOfficial",
    "CampaignId",
    "ChangeGroupCoverage",
    "Command",
    # audit
    "ConfirmErasure",
    "CorrectReport",
    "DeliverTask",
    "DisputeReport",
    "ErasureId",
    "EventPosition",
    "ExtendDeadline",
    "FormSupervisionGroup",
    "FormTaskForce",
    "GroupId",
    "LaunchCampaign",
    "ListTask",
    "OfficialId",
    "OrderErasure",
    "PublishReport",
    "PublishTask",
    "ReassignTask",
    "RegisterOfficial",
    "RegisterUnit",
    "ReleaseOfficial",
    "RenameUnit",
    "ReportId",
    "ReportProgress",
    "ReturnTask",
    "ReviseTarget",
    "TaskId",
    "UnitId",
    "VerifyReport",
    "WithdrawReport",
]
