"""The columns of a plan: one definition for YAML, CSV and XLSX.

A section of the YAML file, or a sheet, has a form: its columns, each with its machine heading (the key in
YAML), its Chinese heading, what it holds, and whether it is required. In sheets a task and its indicators
share one table, one row for each indicator; the columns of the indicator then have headings of their own
where the two would meet (`flat`).
"""

from dataclasses import dataclass
from typing import Any

from domain.campaign import TaskForceRole
from domain.directory import Category
from domain.indicator import Direction
from service.plans import rows
from service.plans.cells import (
    ARTICLE,
    ARTICLES,
    CODE,
    DAY,
    FIGURE,
    FLAG,
    REFERENCE,
    REFERENCES,
    SHARE,
    Kind,
    choice,
    integer,
    text,
)


@dataclass(frozen=True)
class Column:
    """A column. `default` is what a blank cell means; a required one has none."""

    name: str
    zh: str
    kind: Kind[Any]
    default: Any = None
    required: bool = False
    flat: str | None = None

    @property
    def heading(self) -> str:
        """The machine heading in a sheet."""
        return self.flat or self.name


@dataclass(frozen=True)
class Form:
    """The form of a section or sheet: the row it makes, its columns, and the lists of rows within a row."""

    name: str
    zh: str
    row: type[Any]
    columns: tuple[Column, ...]
    children: tuple["Form", ...] = ()
    # What `assumed` may name; nothing where the form has no such column.
    assumable: tuple[str, ...] = ()


def _must(name: str, zh: str, kind: Kind[Any], flat: str | None = None) -> Column:
    return Column(name, zh, kind, required=True, flat=flat)


_CATEGORY = choice(
    {Category.COUNTY: "县市区", Category.ZONE: "市属开发区", Category.DEPARTMENT: "市直部门"},
)
_CAMPAIGN_KIND = choice({rows.CampaignKind.CAMPAIGN: "攻坚战", rows.CampaignKind.PART: "部分"})
_ROLE = choice(
    {
        TaskForceRole.LEADER: "牵头市领导",
        TaskForceRole.PARTICIPANT: "参与领导",
        TaskForceRole.RESPONSIBLE: "部门责任人",
        TaskForceRole.STAFF: "专职人员",
    },
)
_DIRECTION = choice(
    {Direction.AT_LEAST: "不低于", Direction.AT_MOST: "不高于", Direction.REACH: "达到"},
    ("≥", Direction.AT_LEAST),
    ("≤", Direction.AT_MOST),
    ("不少于", Direction.AT_LEAST),
    ("不超过", Direction.AT_MOST),
)
_NOTE = Column("note", "备注", text(2000, lines=True), "")

PLAN = Form(
    "plan",
    "方案",
    rows.PlanHeader,
    (
        _must("code", "编号", CODE),
        _must("name", "名称", text(200)),
        _must("source", "来源", text(500)),
        _must("year", "年度", integer(2000, 2100)),
        _must("start", "开始日期", DAY),
        _must("end", "结束日期", DAY),
        _must("time_zone", "时区", text(64)),
        Column("missing_articles", "缺失条目", ARTICLES, ()),
        _NOTE,
    ),
)

UNITS = Form(
    "units",
    "单位",
    rows.UnitRow,
    (_must("code", "编号", CODE), _must("name", "名称", text(100)), _must("category", "类别", _CATEGORY)),
)

OFFICIALS = Form(
    "officials",
    "人员",
    rows.OfficialRow,
    (
        _must("code", "编号", CODE),
        _must("name", "姓名", text(60)),
        Column("leads", "任职单位", REFERENCE),
        Column("post", "职务", text(60), ""),
        Column("since", "任职日期", DAY),
    ),
)

TASK_FORCE = Form(
    "task_force",
    "专班",
    rows.MemberRow,
    (
        _must("official", "人员", REFERENCE),
        _must("role", "角色", _ROLE),
        _must("since", "任期开始", DAY),
        Column("until", "任期结束", DAY),
    ),
)

CAMPAIGNS = Form(
    "campaigns",
    "攻坚战",
    rows.CampaignRow,
    (
        _must("code", "编号", CODE),
        _must("number", "序号", integer(1, 999)),
        _must("name", "名称", text(100)),
        Column("kind", "类型", _CAMPAIGN_KIND, rows.CampaignKind.CAMPAIGN),
        Column("missing", "标题缺失", FLAG, False),
        Column("goal", "目标", text(2000, lines=True), ""),
        _must("start", "开始日期", DAY),
        _must("end", "结束日期", DAY),
        Column("assumed", "推定项", REFERENCES, ()),
    ),
    (TASK_FORCE,),
    ("number", "name", "goal", "start", "end", "task_force"),
)

GROUPS = Form(
    "groups",
    "督导评估组",
    rows.GroupRow,
    (
        _must("code", "编号", CODE),
        _must("name", "名称", text(100)),
        _must("leader", "组长", REFERENCE),
        _must("campaigns", "攻坚战", REFERENCES),
        Column("units", "单位", REFERENCES, ()),
        Column("assumed", "推定项", REFERENCES, ()),
    ),
    (),
    ("name", "leader", "campaigns", "units"),
)

INDICATORS = Form(
    "indicators",
    "指标",
    rows.IndicatorRow,
    (
        _must("code", "指标编号", CODE, flat="indicator_code"),
        _must("name", "指标名称", text(200), flat="indicator_name"),
        _must("direction", "方向", _DIRECTION),
        Column("target", "目标值", FIGURE),
        Column("missing", "目标缺失", FLAG, False),
        _must("unit_of_measure", "计量单位", text(40)),
        Column("baseline", "基数", FIGURE),
        _must("weight", "权重", FIGURE),
        Column("assumed", "指标推定项", REFERENCES, (), flat="indicator_assumed"),
    ),
    (),
    ("name", "direction", "target", "unit_of_measure", "baseline", "weight"),
)

MILESTONES = Form(
    "milestones",
    "节点",
    rows.MilestoneRow,
    (
        _must("due", "时限", DAY),
        _must("share", "累计进度", SHARE),
        _must("title", "节点名称", text(200)),
        Column("assumed", "推定项", REFERENCES, ()),
    ),
    (),
    ("due", "share"),
)

TASKS = Form(
    "tasks",
    "任务",
    rows.TaskRow,
    (
        _must("code", "任务编号", CODE),
        _must("campaign", "攻坚战", REFERENCE),
        _must("article", "条目", ARTICLE),
        _must("title", "任务名称", text(200)),
        _must("lead", "牵头单位", REFERENCE),
        Column("supporting", "配合单位", REFERENCES, ()),
        _must("start", "开始日期", DAY),
        _must("deadline", "完成时限", DAY),
        Column("key_task", "重点任务", FLAG, False),
        Column("assumed", "推定项", REFERENCES, ()),
        _NOTE,
    ),
    (INDICATORS, MILESTONES),
    ("campaign", "article", "title", "lead", "supporting", "start", "deadline", "key_task", "milestones"),
)

SECTIONS = (PLAN, UNITS, OFFICIALS, CAMPAIGNS, GROUPS, TASKS)
"""What a plan is made of, in the order in which the rows refer to each other."""
