"""Roles, how far a permitted command reaches, and who is asking."""

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
    OFFICIAL = "OFFICIAL"  # 干部本人
    INTEGRATOR = "INTEGRATOR"  # 对接系统
    PUBLIC = "PUBLIC"  # 公众


class Reach(StrEnum):
    """How far a permitted command reaches."""

    ANY = "any"
    OWN_UNIT = "own unit"
    OWN_GROUP = "own group"
    OWN = "own"
    OWN_RECORD = "own record"


@dataclass(frozen=True)
class Viewer:
    """The person or system asking. `actor` is written into every event they cause."""

    role: Role
    actor: str
    unit_id: UUID | None = None
    group_id: UUID | None = None
    official_id: UUID | None = None


PUBLIC = Viewer(Role.PUBLIC, "public")
