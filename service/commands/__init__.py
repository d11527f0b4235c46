"""Every command, in one place: what it carries, and which aggregates it works on.

A command is named like its mutation; its docstring and its fields' descriptions are what the schema says of
it. The rules are the domain's; here is only what a rule needs to be asked: other aggregates, the asking
unit or group. `COMMANDS` is the table of them all, in the order of this module's imports.
"""

from service.commands.assessment import (
    AdoptScheme,
    CorrectScore,
    IssueNotice,
    PublishRanking,
    RecordProgressScores,
    ScoreUnit,
)
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
    EvaluationId,
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
    # -- assessment
    "AdoptScheme",
    "AppointOfficial",
    "CampaignId",
    "ChangeGroupCoverage",
    "Command",
    "CorrectReport",
    "CorrectScore",
    "DeliverTask",
    "DisputeReport",
    "EvaluationId",
    "ExtendDeadline",
    "FormSupervisionGroup",
    "FormTaskForce",
    "GroupId",
    "IssueNotice",
    "LaunchCampaign",
    "ListTask",
    "OfficialId",
    "PublishRanking",
    "PublishReport",
    "PublishTask",
    "ReassignTask",
    "RecordProgressScores",
    "RegisterOfficial",
    "RegisterUnit",
    "ReleaseOfficial",
    "RenameUnit",
    "ReportId",
    "ReportProgress",
    "ReturnTask",
    "ReviseTarget",
    "ScoreUnit",
    "TaskId",
    "UnitId",
    "VerifyReport",
    "WithdrawReport",
]
