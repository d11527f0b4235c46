"""Who is asking, and what they may do: one table for commands, one for fields, one for rows.

Everything not in the tables is refused. The planner compiles the read tables into its statements; the command
handler asks for every command; a test walks every field and mutation as every role.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    OFFICE = "OFFICE"  # 攻坚办
    REPORTER = "REPORTER"  # 责任单位填报人
    SUPERVISOR = "SUPERVISOR"  # 督导评估组
    EVALUATOR = "EVALUATOR"  # 评估工作人员
    INSPECTOR = "INSPECTOR"  # 监察
    LEADER = "LEADER"  # 领导
    INTEGRATOR = "INTEGRATOR"  # 对接系统
    PUBLIC = "PUBLIC"  # 公众


class Reach(StrEnum):
    """How far a permitted command reaches."""

    ANY = "any"
    OWN_UNIT = "own unit"
    OWN_GROUP = "own group"


@dataclass(frozen=True)
class Viewer:
    """The person or system asking. `actor` is written into every event they cause."""

    role: Role
    actor: str
    unit_id: UUID | None = None
    group_id: UUID | None = None


PUBLIC = Viewer(Role.PUBLIC, "public")

_EVERYONE = frozenset(Role)
_INSIDE = _EVERYONE - {Role.PUBLIC}
_AUDIT = frozenset({Role.OFFICE, Role.INSPECTOR})
_FEED = _AUDIT | {Role.INTEGRATOR}

# Which role may give which command, and how far it reaches.
COMMANDS: dict[str, dict[Role, Reach]] = {
    "registerUnit": {Role.OFFICE: Reach.ANY},
    "renameUnit": {Role.OFFICE: Reach.ANY},
    "registerOfficial": {Role.OFFICE: Reach.ANY},
    "appointOfficial": {Role.OFFICE: Reach.ANY},
    "releaseOfficial": {Role.OFFICE: Reach.ANY},
    "launchCampaign": {Role.OFFICE: Reach.ANY},
    "formTaskForce": {Role.OFFICE: Reach.ANY},
    "formSupervisionGroup": {Role.OFFICE: Reach.ANY},
    "changeGroupCoverage": {Role.OFFICE: Reach.ANY},
    "listTask": {Role.OFFICE: Reach.ANY},
    "publishTask": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "reportProgress": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "correctReport": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "withdrawReport": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "publishReport": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "verifyReport": {Role.SUPERVISOR: Reach.OWN_GROUP},
    "disputeReport": {Role.SUPERVISOR: Reach.OWN_GROUP},
    "reviseTarget": {Role.OFFICE: Reach.ANY},
    "extendDeadline": {Role.OFFICE: Reach.ANY},
    "reassignTask": {Role.OFFICE: Reach.ANY},
    "deliverTask": {Role.OFFICE: Reach.ANY, Role.REPORTER: Reach.OWN_UNIT},
    "acceptTask": {Role.OFFICE: Reach.ANY, Role.SUPERVISOR: Reach.OWN_GROUP},
    "returnTask": {Role.OFFICE: Reach.ANY, Role.SUPERVISOR: Reach.OWN_GROUP},
}

# Which role may read which field: a type, or one of its fields where that differs from its type. What a
# mutation answers with is for whoever may give the command; the rows it leads to are read by this table.
FIELDS: dict[str, frozenset[Role]] = {
    "Query": _EVERYONE,
    "Unit": _EVERYONE,
    "Unit.leadingOfficial": _INSIDE,
    "Unit.leadingPost": _INSIDE,
    "Unit.leadingSince": _INSIDE,
    "Official": _INSIDE,
    "Campaign": _EVERYONE,
    "Campaign.taskForce": _INSIDE,
    "TaskForceMember": _INSIDE,
    "SupervisionGroup": _INSIDE,
    "Task": _EVERYONE,
    "Task.note": _INSIDE,
    "LedgerEntry": _EVERYONE,
    "LedgerEntry.note": _INSIDE,
    "Indicator": _EVERYONE,
    "Milestone": _EVERYONE,
    "Report": _EVERYONE,
    "Report.narrative": _INSIDE,
    "Report.evidence": _INSIDE,
    "Report.group": _INSIDE,
    "Report.remark": _INSIDE,
    "Report.steps": _INSIDE,
    "ReportedValue": _EVERYONE,
    "Evidence": _INSIDE,
    "ReportStep": _INSIDE,
    "ReportStep.actor": _AUDIT,
    "UnitConnection": _EVERYONE,
    "UnitEdge": _EVERYONE,
    "CampaignConnection": _EVERYONE,
    "CampaignEdge": _EVERYONE,
    "SupervisionGroupConnection": _INSIDE,
    "SupervisionGroupEdge": _INSIDE,
    "TaskConnection": _EVERYONE,
    "TaskEdge": _EVERYONE,
    "LedgerConnection": _EVERYONE,
    "LedgerEntryEdge": _EVERYONE,
    "ReportConnection": _EVERYONE,
    "ReportEdge": _EVERYONE,
    "PageInfo": _EVERYONE,
    "Explanation": _EVERYONE,
    "IndicatorExplanation": _EVERYONE,
    "Viewer": _EVERYONE,
    "Subscription": _INSIDE,
    "Subscription.taskChanged": _EVERYONE,
    "TaskChange": _EVERYONE,
    "Subscription.eventsAppended": _FEED,
    "Event": _FEED,
    "Event.state": _AUDIT,
}

# Rows that a role sees only in part: the name of a condition that the read type declares.
ROWS: dict[tuple[Role, str], str] = {
    (Role.PUBLIC, "Task"): "published",
    (Role.PUBLIC, "LedgerEntry"): "published",
    (Role.PUBLIC, "Report"): "published",
}


def may_read(role: Role, type_name: str, field: str) -> bool:
    """Whether the role may read the field; a type the table does not know is nobody's."""
    return role in FIELDS.get(f"{type_name}.{field}", FIELDS.get(type_name, frozenset()))


def scope_of(viewer: Viewer, type_name: str) -> str | None:
    """The condition that narrows what the viewer sees of a type's rows, or None for all of them."""
    return ROWS.get((viewer.role, type_name))


def reach_of(role: Role, command: str) -> Reach | None:
    """How far the role's command reaches, or None if it may not give it."""
    return COMMANDS[command].get(role)
