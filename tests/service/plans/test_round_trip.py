"""What is written reads back as equal rows, in all three forms."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import yaml
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook

from service.plans.rows import PlanDocument
from service.plans.sheet import check, read_plan, write_plan
from tests.service.plans.documents import plans
from tests.service.plans.small_plan import KNOWN, csv_bytes, csv_table, faults, small, xlsx_with

few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@given(plans())
@few
def test_yaml_reads_back_as_it_was_written(document: PlanDocument) -> None:
    assert check(document) == []
    assert read_plan(write_plan(document, "yaml"), "yaml") == document


@given(plans())
@few
def test_a_workbook_reads_back_as_it_was_written(document: PlanDocument) -> None:
    assert read_plan(write_plan(document, "xlsx"), "xlsx") == document


@given(plans().filter(lambda document: document.tasks))
@few
def test_csv_reads_back_the_tasks(document: PlanDocument) -> None:
    assert read_plan(write_plan(document, "csv"), "csv") == PlanDocument(tasks=document.tasks)


def test_a_plain_yaml_reader_takes_what_is_written() -> None:
    tree: Any = yaml.safe_load(write_plan(small(), "yaml"))
    task = tree["tasks"][0]
    assert (task["code"], task["deadline"]) == ("17.1", date(2020, 12, 31))
    assert task["indicators"][0] == {
        "code": "17.1.1",
        "name": "改厕",
        "direction": "at_least",
        "target": 57000,
        "unit_of_measure": "户",
        "weight": 60,
    }


def test_csv_begins_with_a_byte_order_mark_and_bears_chinese_headings() -> None:
    content = write_plan(small(), "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert table[0][:5] == ["任务编号", "攻坚战", "条目", "任务名称", "牵头单位"]
    assert table[1][table[0].index("节点")] == "2020-04-30 | 0.3* | 开工\n2020-10-31 | 0.8 | 过半"


def test_a_tasks_columns_may_be_repeated_or_filled_down() -> None:
    as_written = csv_table()
    repeated = [list(row) for row in as_written]
    repeated[2][: repeated[0].index("指标编号")] = repeated[1][: repeated[0].index("指标编号")]
    filled_down = [list(row) for row in as_written]
    filled_down[2][0] = ""
    rows = [read_plan(csv_bytes(table), "csv", KNOWN).tasks for table in (as_written, repeated, filled_down)]
    assert rows[0] == rows[1] == rows[2] == small().tasks


def test_units_and_campaigns_may_be_named_by_name() -> None:
    table = csv_table()
    table[1][table[0].index("攻坚战")] = "第一战"
    table[1][table[0].index("牵头单位")] = "丙局"
    table[1][table[0].index("配合单位")] = "甲县、乙开发区"
    assert read_plan(csv_bytes(table), "csv", KNOWN).tasks == small().tasks


def test_a_workbook_holds_numbers_and_days_as_such_and_no_formula() -> None:
    workbook = load_workbook(io.BytesIO(write_plan(small(), "xlsx")))
    assert workbook.sheetnames == ["方案", "单位", "人员", "攻坚战", "专班", "督导评估组", "任务"]
    row = {cell.value: workbook["任务"].cell(2, cell.column) for cell in workbook["任务"][1]}
    assert (row["目标值"].value, row["目标值"].data_type) == (57000, "n")
    assert row["完成时限"].is_date
    assert row["任务编号"].data_type == "s"


def test_a_figure_too_long_for_a_binary_number_survives_the_workbook() -> None:
    figure = "123456789012345.654321"

    def change(workbook: Any) -> None:
        workbook["任务"]["P2"] = figure

    assert read_plan(xlsx_with(change), "xlsx").tasks[0].indicators[0].target == Decimal(figure)


def test_a_number_is_what_the_sheet_program_shows_of_it() -> None:
    content = xlsx_with(lambda workbook: workbook["任务"].__setitem__("P2", 0.125))
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as source, ZipFile(file, "w") as target:
        for name in source.namelist():
            # As Excel keeps the sum of 0.1 and 0.2 that was pasted as a value.
            target.writestr(name, source.read(name).replace(b"<v>0.125</v>", b"<v>0.30000000000000004</v>"))
    assert read_plan(file.getvalue(), "xlsx").tasks[0].indicators[0].target == Decimal("0.3")


def test_no_program_runs_what_a_command_has_written_into_a_plan() -> None:
    plan = small()
    first = replace(plan.tasks[0], title='=HYPERLINK("http://x.example")', note="@SUM(A1)")
    rows = list(csv.reader(io.StringIO(write_plan(replace(plan, tasks=(first,)), "csv").decode("utf-8-sig"))))
    told = dict(zip(rows[0], rows[1], strict=True))
    assert (told["任务名称"], told["备注"]) == ('\'=HYPERLINK("http://x.example")', "'@SUM(A1)")


def test_days_may_be_written_in_the_usual_ways() -> None:
    for written in ("2020/6/30", "2020.06.30", "2020年6月30日", "２０２０-06-30"):
        table = csv_table()
        table[3][table[0].index("完成时限")] = written
        assert read_plan(csv_bytes(table), "csv", KNOWN).tasks[1].deadline == date(2020, 6, 30)


def test_numbers_may_have_separators_between_thousands() -> None:
    table = csv_table()
    table[1][table[0].index("目标值")] = "57,000"
    assert read_plan(csv_bytes(table), "csv", KNOWN).tasks == small().tasks


def test_blank_rows_and_rows_below_are_passed_over() -> None:
    table = csv_table()
    blank = [""] * len(table[0])
    assert faults(csv_bytes([table[0], blank, *table[1:], blank, blank]), "csv", KNOWN) == []
