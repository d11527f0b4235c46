"""A small plan that breaks no rule, in the three forms; tests break it in one place."""

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

from openpyxl import load_workbook

from service.plans.faults import PlanRefused
from service.plans.rows import Known, KnownCampaign, PlanDocument
from service.plans.sheet import FileKind, read_plan, write_plan

YAML = """\
plan:
  code: small
  name: 小方案
  source: 测试
  year: 2020
  start: 2020-03-25
  end: 2020-12-31
  time_zone: Asia/Shanghai
units:
  - {code: county.a, name: 甲县, category: county}
  - {code: zone.b, name: 乙开发区, category: zone}
  - {code: dept.c, name: 丙局, category: department}
  - {code: dept.d, name: 丁局, category: department}
officials:
  - {code: o1, name: 人员一, leads: county.a, post: 主要负责人, since: 2020-03-25}
  - {code: o2, name: 人员二}
  - {code: o3, name: 人员三}
  - {code: o4, name: 人员四}
  - {code: o5, name: 人员五}
  - {code: o6, name: 人员六}
  - {code: o7, name: 人员七}
  - {code: o8, name: 人员八}
campaigns:
  - code: c1
    number: 1
    name: 第一战
    goal: 目标
    start: 2020-03-25
    end: 2020-12-31
    assumed: [task_force]
    task_force:
      - {official: o1, role: leader, since: 2020-03-25}
      - {official: o2, role: participant, since: 2020-03-25}
      - {official: o3, role: responsible, since: 2020-03-25}
      - {official: o4, role: responsible, since: 2020-03-25}
      - {official: o5, role: responsible, since: 2020-03-25}
      - {official: o6, role: staff, since: 2020-03-25}
      - {official: o7, role: staff, since: 2020-03-25, until: 2020-12-31}
  - code: part.1
    kind: part
    number: 1
    name: 第一部分
    start: 2020-03-25
    end: 2020-12-31
groups:
  - code: g1
    name: 第一组
    leader: o8
    campaigns: [c1]
    units: [county.a, dept.c]
    assumed: [units]
tasks:
  - code: "17.1"
    campaign: c1
    article: 17
    title: 农村改厕
    lead: dept.c
    supporting: [county.a, zone.b]
    start: 2020-03-25
    deadline: 2020-12-31
    assumed: [lead, supporting]
    indicators:
      - {code: 17.1.1, name: 改厕, direction: at_least, target: 57000, unit_of_measure: 户, weight: 60}
      - {code: 17.1.2, name: 诉, direction: at_most, target: 3, baseline: 9, unit_of_measure: 起, weight: 40}
    milestones:
      - {due: 2020-04-30, share: 0.3, title: 开工, assumed: [share]}
      - {due: 2020-10-31, share: 0.8, title: 过半}
  - code: "17.2"
    campaign: c1
    article: 17
    title: 下一项
    lead: dept.c
    start: 2020-03-25
    deadline: 2020-06-30
    note: 备注
    indicators:
      - {code: 17.2.1, name: 缺失的指标, direction: reach, missing: true, unit_of_measure: 个, weight: 100}
"""

KNOWN = Known(
    units={"county.a": "甲县", "zone.b": "乙开发区", "dept.c": "丙局"},
    officials={},
    campaigns={"c1": KnownCampaign("第一战", date(2020, 3, 25), date(2020, 12, 31))},
)
"""What exists already for a CSV file of the small plan's tasks."""


def small() -> PlanDocument:
    return read_plan(YAML.encode(), "yaml")


Fault = tuple[str, int, str, str]


def faults(content: bytes, kind: FileKind, known: Known | None = None) -> list[Fault]:
    """Sheet, row, column and code of everything that the file is refused for; nothing where it is taken."""
    try:
        read_plan(content, kind, known)
    except PlanRefused as refused:
        return [(e.sheet, e.row, e.column, e.code) for e in refused.errors]
    return []


def yaml_with(old: str, new: str) -> str:
    """The small plan with one place changed; the place must be there once."""
    assert YAML.count(old) == 1, f"{old!r} stands {YAML.count(old)} times"
    return YAML.replace(old, new)


def line_of(text: str, fragment: str) -> int:
    """The number of the line on which the fragment begins."""
    return text[: text.index(fragment)].count("\n") + 1


def csv_table() -> list[list[str]]:
    """The small plan's tasks as a table of texts, Chinese headings first."""
    text = write_plan(small(), "csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def csv_bytes(table: list[list[str]], encoding: str = "utf-8") -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    return file.getvalue().encode(encoding)


def csv_with(heading: str, row: int, value: str) -> bytes:
    """The small plan's CSV with one cell changed; `row` counts from 1 with the headings."""
    table = csv_table()
    table[row - 1][table[0].index(heading)] = value
    return csv_bytes(table)


def xlsx_with(change: Callable[[Any], None]) -> bytes:
    """The small plan's workbook after a change made with openpyxl."""
    workbook = load_workbook(io.BytesIO(write_plan(small(), "xlsx")))
    change(workbook)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()
