"""Each bad row gives exactly its fault, with row and column; several give several, all in one go."""

import datetime
from typing import Any

import pytest

from service.plans.faults import PlanRefused
from service.plans.rows import Known
from service.plans.sheet import read_plan
from tests.service.plans.small_plan import (
    KNOWN,
    YAML,
    csv_bytes,
    csv_table,
    csv_with,
    faults,
    line_of,
    xlsx_with,
    yaml_with,
)

# What is changed, into what, and the fault: section, column, code. The row is that of the change's first line
# unless a fragment says where else.
CASES: list[tuple[str, str, str, str, str]] = [
    # units, officials
    ("code: dept.d", "code: Dept D", "units", "code", "code.malformed"),
    (
        "name: 丙局, category: department",
        "name: 丙局, category: bureau",
        "units",
        "category",
        "choice.unknown",
    ),
    (
        "{code: dept.d, name: 丁局",
        "{code: dept.c, name: 丁局",
        "units",
        "code",
        "row.duplicate_code",
    ),
    ("name: 乙开发区", "name: 甲县", "units", "name", "row.duplicate_name"),
    ("leads: county.a, post", "leads: county.z, post", "officials", "leads", "unit.unknown"),
    (", post: 主要负责人, since", ", since", "officials", "post", "cell.required"),
    ("post: 主要负责人, since: 2020-03-25}", "post: 主要负责人}", "officials", "since", "cell.required"),
    (
        "{code: o2, name: 人员二}",
        "{code: o2, name: 人员二, leads: county.a, post: 副职, since: 2020-03-25}",
        "officials",
        "leads",
        "unit.has_a_leading_official",
    ),
    # the plan
    (
        "  time_zone: Asia/Shanghai",
        "  time_zone: Asia/Weifang",
        "plan",
        "time_zone",
        "plan.time_zone_unknown",
    ),
    ("  year: 2020", "  year: 1899", "plan", "year", "number.out_of_range"),
    # campaigns and task forces
    ("  - code: part.1", "  - code: c1", "campaigns", "code", "row.duplicate_code"),
    ("    name: 第一部分", "    name: 第一战", "campaigns", "name", "row.duplicate_name"),
    ("assumed: [task_force]", "assumed: [task_force, code]", "campaigns", "assumed", "assumed.unknown"),
    (
        "{official: o2, role: participant",
        "{official: o1, role: participant",
        "task_force",
        "official",
        "task_force.member_twice",
    ),
    ("{official: o3, role", "{official: o99, role", "task_force", "official", "official.unknown"),
    ("role: participant", "role: chair", "task_force", "role", "choice.unknown"),
    ("until: 2020-12-31", "until: 2020-01-01", "task_force", "until", "task_force.term_ends_before_start"),
    # groups
    ("campaigns: [c1]", "campaigns: [c1, c1]", "groups", "campaigns", "group.covered_twice"),
    ("campaigns: [c1]", "campaigns: []", "groups", "campaigns", "group.covers_nothing"),
    ("campaigns: [c1]", "campaigns: [c9]", "groups", "campaigns", "campaign.unknown"),
    ("units: [county.a, dept.c]", "units: [county.z]", "groups", "units", "unit.unknown"),
    ("leader: o8", "leader: o9", "groups", "leader", "official.unknown"),
    # tasks
    ('  - code: "17.2"', '  - code: "17.1"', "tasks", "code", "row.duplicate_code"),
    ("title: 下一项", "title: " + "长" * 201, "tasks", "title", "text.too_long"),
    ("title: 下一项", 'title: "下\\0一项"', "tasks", "title", "text.unprintable"),
    ("title: 下一项", 'title: "下\\n一项"', "tasks", "title", "text.several_lines"),
    ("title: 下一项", 'title: "=HYPERLINK(1)"', "tasks", "title", "text.formula"),
    ("title: 下一项", "title: [下, 一项]", "tasks", "title", "cell.not_single"),
    ("title: 下一项", "title: {下: 一项}", "tasks", "title", "cell.not_text"),
    (
        "supporting: [county.a, zone.b]",
        "supporting: [county.a, zone.z]",
        "tasks",
        "supporting",
        "unit.unknown",
    ),
    (
        "supporting: [county.a, zone.b]",
        "supporting: [zone.b, zone.b]",
        "tasks",
        "supporting",
        "task.unit_twice",
    ),
    ("supporting: [county.a, zone.b]", "supporting: [dept.c]", "tasks", "supporting", "task.unit_twice"),
    ("deadline: 2020-06-30", "deadline: 2020-03-25", "tasks", "deadline", "task.deadline_before_start"),
    ("deadline: 2020-06-30", "deadline: 2021-01-01", "tasks", "deadline", "campaign.date_outside"),
    ("deadline: 2020-06-30", "deadline: 2020-06-31", "tasks", "deadline", "date.malformed"),
    ("deadline: 2020-06-30", "deadline: 六月底", "tasks", "deadline", "date.malformed"),
    ("deadline: 2020-06-30", "deadline: 2200-06-30", "tasks", "deadline", "date.out_of_range"),
    ("    note: 备注", "    remark: 备注", "tasks", "remark", "column.unknown"),
    ("    note: 备注", "    key_task: 也许", "tasks", "key_task", "flag.malformed"),
    ("    note: 备注", "    assumed: [note]", "tasks", "assumed", "assumed.unknown"),
    # indicators
    ("code: 17.1.2", "code: 17.1.1", "indicators", "code", "indicator.duplicate_code"),
    ("direction: at_most", "direction: below", "indicators", "direction", "choice.unknown"),
    ("target: 57000", "target: 5.7万", "indicators", "target", "number.malformed"),
    ("target: 57000", "target: NaN", "indicators", "target", "number.malformed"),
    ("target: 57000", "target: Infinity", "indicators", "target", "number.malformed"),
    ("target: 57000", "target: -.inf", "indicators", "target", "number.malformed"),
    ("target: 57000", "target: 1e5", "indicators", "target", "number.malformed"),
    ("target: 57000", "target: -57000", "indicators", "target", "indicator.negative_count"),
    ("target: 57000", "target: 0.0000001", "indicators", "target", "figure.out_of_range"),
    ("target: 57000", "target: 1000000000000000", "indicators", "target", "figure.out_of_range"),
    (
        "target: 57000, ",
        "target: 57000, missing: true, ",
        "indicators",
        "target",
        "indicator.target_and_missing",
    ),
    ("baseline: 9", "baseline: -9", "indicators", "baseline", "indicator.negative_count"),
    ("weight: 40", "weight: 41", "indicators", "weight", "indicator.weights_not_100"),
    ("weight: 100}", "weight: 100, assumed: [target, missing]}", "indicators", "assumed", "assumed.unknown"),
    # milestones
    ("due: 2020-10-31", "due: 2020-04-01", "milestones", "due", "milestone.out_of_order"),
    ("due: 2020-04-30", "due: 2020-03-24", "milestones", "due", "milestone.out_of_order"),
    ("share: 0.8", "share: 0.3", "milestones", "share", "milestone.share_not_growing"),
    ("share: 0.8", "share: 1.01", "milestones", "share", "milestone.share_not_growing"),
    ("share: 0.8", "share: 80%", "milestones", "share", "number.malformed"),
    ("title: 过半", "assumed: [title], title: 过半", "milestones", "assumed", "assumed.unknown"),
    # the shape of the file
    ("groups:\n", "teams:\n", "yaml", "teams", "sheet.unknown"),
    ("    note: 备注", "    lead: dept.c", "yaml", "lead", "yaml.duplicate_key"),
]


@pytest.mark.parametrize(("old", "new", "section", "column", "code"), CASES)
def test_a_bad_row_gives_exactly_its_fault(old: str, new: str, section: str, column: str, code: str) -> None:
    text = yaml_with(old, new)
    assert faults(text.encode(), "yaml") == [(section, line_of(YAML, old), column, code)]


def test_a_fault_says_what_to_do_in_both_languages() -> None:
    text = yaml_with("target: 57000", "target: -57000")
    with pytest.raises(PlanRefused) as refused:
        read_plan(text.encode(), "yaml")
    (error,) = refused.value.errors
    assert error.message_en == "改厕 counts 户: its target cannot be below zero."
    assert error.message_zh == "“改厕”以“户”计，目标值不得为负数。"
    assert str(error).startswith(f"indicators {error.row} target: ")


def test_a_fault_names_the_line_of_its_own_cell() -> None:
    text = yaml_with("deadline: 2020-06-30", "deadline: 2020-02-30")
    assert faults(text.encode(), "yaml") == [
        ("tasks", line_of(text, "deadline: 2020-02-30"), "deadline", "date.malformed")
    ]


def test_what_is_not_written_is_missed_where_its_row_begins() -> None:
    text = yaml_with("    title: 下一项\n", "")
    assert faults(text.encode(), "yaml") == [
        ("tasks", line_of(text, 'code: "17.2"'), "title", "cell.required")
    ]


def test_a_task_force_has_seven_or_eight_members_and_one_leader() -> None:
    one = "      - {official: o6, role: staff, since: 2020-03-25}\n"
    assert [f[2:] for f in faults(yaml_with(one, "").encode(), "yaml")] == [("task_force", "task_force.size")]
    two = yaml_with("{official: o2, role: participant", "{official: o2, role: leader")
    assert [f[2:] for f in faults(two.encode(), "yaml")] == [("task_force", "task_force.one_leader")]


def test_campaigns_are_numbered_apart_from_parts() -> None:
    text = yaml_with("    kind: part\n", "")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("number", "campaign.duplicate_number")]


def test_a_target_is_there_or_missing() -> None:
    text = yaml_with("target: 57000, ", "")
    row = line_of(text, "code: 17.1.1")
    assert faults(text.encode(), "yaml") == [("indicators", row, "target", "cell.required")]


def test_a_part_of_the_plan_has_no_task_force() -> None:
    text = yaml_with("    number: 1\n    name: 第一战", "    kind: part\n    number: 2\n    name: 第一战")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("task_force", "task_force.not_a_campaign")]


def test_the_plan_lies_in_its_year_and_its_campaigns_in_the_plan() -> None:
    text = yaml_with("  year: 2020\n  start: 2020-03-25", "  year: 2020\n  start: 2019-03-25")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("start", "plan.outside_year")]
    text = yaml_with("    goal: 目标\n    start: 2020-03-25", "    goal: 目标\n    start: 2020-03-24")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("start", "plan.date_outside")]
    text = yaml_with("  end: 2020-12-31\n  time_zone", "  end: 2020-03-01\n  time_zone")
    assert ("end", "plan.ends_before_start") in [f[2:] for f in faults(text.encode(), "yaml")]


def test_a_campaign_ends_after_it_starts() -> None:
    text = yaml_with("    name: 第一部分\n    start: 2020-03-25", "    name: 第一部分\n    start: 2020-12-31")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("end", "campaign.ends_before_start")]


def test_a_task_has_indicators() -> None:
    start = YAML.rindex("    indicators:")
    assert [f[2:] for f in faults(YAML[:start].encode(), "yaml")] == [("indicators", "task.indicator_count")]
    one = YAML[start:].splitlines(keepends=True)[1]
    many = "".join(one.replace("17.2.1", f"17.2.{i}").replace("100", "1.96") for i in range(1, 52))
    codes = [f[3] for f in faults(yaml_with(one, many).encode(), "yaml")]
    assert codes == ["task.indicator_count", "indicator.weights_not_100"]


def test_a_weight_is_above_zero() -> None:
    text = yaml_with("weight: 60", "weight: 0").replace("weight: 40", "weight: 100")
    assert [f[2:] for f in faults(text.encode(), "yaml")] == [("weight", "indicator.weight_not_positive")]


def test_a_rate_of_change_may_lie_below_zero() -> None:
    text = yaml_with("target: 57000, unit_of_measure: 户", 'target: -2.5, unit_of_measure: "%"')
    assert faults(text.encode(), "yaml") == []


def test_at_most_fifty_milestones() -> None:
    one = "      - {due: 2020-10-31, share: 0.8, title: 过半}\n"
    many = "".join(f"      - {{due: 2020-10-31, share: 0.{300 + i}, title: 节点}}\n" for i in range(1, 51))
    assert [f[2:] for f in faults(yaml_with(one, many).encode(), "yaml")] == [
        ("milestones", "task.too_many_milestones")
    ]


def test_every_fault_of_a_file_is_reported_in_order_of_line() -> None:
    text = YAML.replace("target: 57000", "target: viel").replace(
        "lead: dept.c\n    start", "lead: x\n    start"
    )
    text = text.replace("role: participant", "role: chair").replace(
        "deadline: 2020-06-30", "deadline: 2020-01-01"
    )
    found = faults(text.encode(), "yaml")
    assert [f[3] for f in found] == [
        "choice.unknown",
        "number.malformed",
        "unit.unknown",
        "campaign.date_outside",
        "task.deadline_before_start",
    ]
    assert [f[1] for f in found] == sorted(f[1] for f in found)


def test_an_unreadable_cell_is_one_fault_and_no_other_rule_is_held_against_it() -> None:
    text = yaml_with("weight: 40", "weight: viel").replace("deadline: 2020-06-30", "deadline: bald")
    assert [f[3] for f in faults(text.encode(), "yaml")] == ["number.malformed", "date.malformed"]


def test_sections_of_the_wrong_shape() -> None:
    assert [f[3] for f in faults(b"units: dept.c\n", "yaml")] == ["yaml.not_a_list", "plan.empty"]
    assert [f[3] for f in faults(b"units: [dept.c]\n", "yaml")] == ["yaml.not_a_mapping", "plan.empty"]
    assert faults(b"- a\n", "yaml") == [("yaml", 1, "", "yaml.not_a_plan")]
    assert faults(b"", "yaml") == [("yaml", 1, "", "yaml.not_a_plan")]
    assert [f[3] for f in faults(b"units:\ntasks: ~\n", "yaml")] == ["plan.empty"]


# -- CSV


def test_the_csv_of_the_small_plan_is_taken_beside_what_is_known() -> None:
    assert faults(csv_bytes(csv_table()), "csv", KNOWN) == []
    assert faults(csv_bytes(csv_table()), "csv") == []


@pytest.mark.parametrize(
    ("heading", "row", "value", "column", "code"),
    [
        ("任务编号", 4, "A 1", "code", "code.malformed"),
        ("任务名称", 4, "", "title", "cell.required"),
        ("任务名称", 4, "下\0一项", "title", "text.unprintable"),
        ("任务名称", 3, "另一个", "title", "task.rows_differ"),
        ("节点", 3, "2020-04-30 | 0.5 | 开工", "milestones", "task.rows_differ"),
        ("牵头单位", 4, "丁局", "lead", "unit.unknown"),
        ("攻坚战", 4, "第九战", "campaign", "campaign.unknown"),
        ("完成时限", 4, "2021-06-30", "deadline", "campaign.date_outside"),
        ("指标编号", 3, "17.1.1", "indicator_code", "indicator.duplicate_code"),
        ("指标名称", 3, "", "indicator_name", "cell.required"),
        ("方向", 2, "大约", "direction", "choice.unknown"),
        ("目标值", 2, "57,00", "target", "number.malformed"),
        ("目标值", 2, "nan", "target", "number.malformed"),
        ("目标值", 2, "32%", "target", "number.malformed"),
        ("权重", 3, "39.99", "weight", "indicator.weights_not_100"),
        ("指标推定项", 2, "name; weight; 其他", "indicator_assumed", "assumed.unknown"),
        ("节点", 2, "2020-04-30 | 开工", "milestones", "milestone.malformed"),
        ("节点", 2, "4月底 | 0.3 | 开工", "milestones", "date.malformed"),
        ("节点", 2, "2020-04-30 | 三成 | 开工", "milestones", "number.malformed"),
        ("节点", 2, "2020-04-30 | 0.3 | ", "milestones", "cell.required"),
        ("节点", 2, "2019-04-30 | 0.3 | 开工", "milestones", "milestone.out_of_order"),
    ],
)
def test_a_bad_cell_of_a_csv_gives_exactly_its_fault(
    heading: str, row: int, value: str, column: str, code: str
) -> None:
    assert faults(csv_with(heading, row, value), "csv", KNOWN) == [("tasks", row, column, code)]


def test_headings_are_known_in_chinese_and_as_machine_names_and_nothing_else_is() -> None:
    table = csv_table()
    table[0][table[0].index("任务名称")] = "Title"
    table[0][table[0].index("指标名称")] = " indicator_name "
    assert faults(csv_bytes(table), "csv", KNOWN) == []
    table[0][table[0].index("备注")] = "说明"
    table[0][table[0].index("权重")] = "title"
    assert faults(csv_bytes(table), "csv", KNOWN) == [
        ("tasks", 1, "说明", "column.unknown"),
        ("tasks", 1, "title", "column.twice"),
        ("tasks", 1, "weight", "column.missing"),
    ]


def test_a_cell_beyond_the_headings_is_a_fault_with_its_letter() -> None:
    table = csv_table()
    table[3] += ["", "多出"]
    assert faults(csv_bytes(table), "csv", KNOWN) == [("tasks", 4, "W", "row.too_long")]


def test_a_task_without_any_indicator() -> None:
    table = csv_table()
    first = table[0].index("指标编号")
    table[3][first:] = [""] * len(table[3][first:])
    assert faults(csv_bytes(table), "csv", KNOWN) == [("tasks", 4, "indicators", "task.indicator_count")]


def test_a_csv_of_headings_alone_holds_nothing() -> None:
    assert [f[3] for f in faults(csv_bytes(csv_table()[:1]), "csv", KNOWN)] == ["plan.empty"]
    assert [f[3] for f in faults(b"", "csv", KNOWN)] == ["plan.empty"]


def test_references_of_a_csv_are_judged_by_what_is_known() -> None:
    assert [f[3] for f in faults(csv_bytes(csv_table()), "csv", Known())] == [
        "unit.unknown",
        "unit.unknown",
        "unit.unknown",
        "campaign.unknown",
        "unit.unknown",
        "campaign.unknown",
    ]


# -- XLSX


def _set(sheet: str, cell: str, value: Any, number_format: str | None = None) -> bytes:
    def change(workbook: Any) -> None:
        workbook[sheet][cell] = value
        if number_format is not None:
            workbook[sheet][cell].number_format = number_format

    return xlsx_with(change)


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "column", "code"),
    [
        ("任务", "D2", "=1+1", "title", "cell.formula"),
        ("任务", "D2", datetime.date(2020, 3, 4), "title", "cell.not_text"),
        ("任务", "D2", True, "title", "cell.not_text"),
        ("任务", "A4", 17.2, "code", "cell.not_text"),
        ("任务", "M4", 17.2, "indicator_code", "cell.not_text"),
        ("任务", "D4", None, "title", "cell.required"),
        ("任务", "E2", "戊局", "lead", "unit.unknown"),
        ("任务", "C2", 17.5, "article", "number.out_of_range"),
        ("任务", "H4", datetime.date(2020, 3, 25), "deadline", "task.deadline_before_start"),
        ("任务", "H4", "2020-06-30 12:00", "deadline", "date.malformed"),
        ("任务", "P2", datetime.date(2020, 3, 4), "target", "number.malformed"),
        ("任务", "P2", "#N/A", "target", "cell.error_value"),
        ("单位", "C2", "局", "category", "choice.unknown"),
        ("专班", "A3", "第九战", "campaign", "campaign.unknown"),
        ("专班", "A3", None, "campaign", "cell.required"),
        ("督导评估组", "D2", "c1；c1", "campaigns", "group.covered_twice"),
        ("方案", "G2", "Mars", "time_zone", "plan.time_zone_unknown"),
    ],
)
def test_a_bad_cell_of_a_workbook_gives_its_fault(
    sheet: str, cell: str, value: Any, column: str, code: str
) -> None:
    found = faults(_set(sheet, cell, value), "xlsx")
    assert (sheet, int(cell[1:]), column, code) in found
    # A member who belongs to no campaign is missed in the task force as well.
    assert len(found) == (2 if sheet == "专班" else 1)


def test_a_percentage_is_refused_but_for_a_share() -> None:
    assert faults(_set("任务", "P2", 0.32, "0%"), "xlsx") == [("任务", 2, "target", "number.percentage")]


def test_merged_cells_are_refused_where_they_stand() -> None:
    content = xlsx_with(lambda workbook: workbook["任务"].merge_cells("A2:A3"))
    assert faults(content, "xlsx") == [("任务", 2, "A", "sheet.merged")]


def test_sheets_that_are_unknown_or_there_twice() -> None:
    def change(workbook: Any) -> None:
        workbook.create_sheet("空表")
        workbook.create_sheet("附件")["B2"] = "x"
        copied = workbook.copy_worksheet(workbook["单位"])
        copied.title = "units"

    assert faults(xlsx_with(change), "xlsx") == [
        ("units", 1, "", "sheet.twice"),
        ("附件", 1, "", "sheet.unknown"),
    ]


def test_a_workbook_holds_one_plan() -> None:
    def change(workbook: Any) -> None:
        for column in range(1, 10):
            workbook["方案"].cell(3, column).value = workbook["方案"].cell(2, column).value

    assert faults(xlsx_with(change), "xlsx") == [("方案", 3, "", "plan.twice")]
