"""What the documents say of the plan is so: its counts, its columns, and the names of the glossary."""

import re
from collections import Counter
from pathlib import Path

from service.plans import WEIFANG_2020
from service.plans.columns import INDICATORS, MILESTONES, SECTIONS, TASK_FORCE
from service.plans.sheet import read_plan

ROOT = Path(__file__).parents[3]
PLAN = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_the_counts_are_those_of_the_shipped_plan() -> None:
    counts = [int(n) for n in re.findall(r"^\| .* \| (\d+) \|$", PLAN, re.MULTILINE)]
    tasks = read_plan(WEIFANG_2020, "yaml").tasks
    indicators = [i for task in tasks for i in task.indicators]
    assumed = sum(bool(i.assumed) for i in indicators)
    missing = sum(i.missing for i in indicators)
    figures = len(indicators) - assumed - missing
    milestones = sum(len(task.milestones) for task in tasks)
    assert [*counts[:2], counts[2] + counts[3], *counts[4:]] == [
        len(tasks),
        len(indicators),
        figures,
        missing,
        assumed,
        milestones,
    ]


def test_every_column_is_described_with_both_headings() -> None:
    for form in (*SECTIONS, TASK_FORCE, INDICATORS, MILESTONES):
        (row,) = (line for line in PLAN.splitlines() if line.startswith(f"| `{form.name}`"))
        assert form.zh in PLAN
        for column in form.columns:
            star = "*" if column.required else ""
            described = f"`{column.name}`{star}" in row
            assert described, f"{form.name}.{column.name}"
            assert column.zh in row or form is MILESTONES


def test_the_names_of_the_glossary_are_those_in_code() -> None:
    rooms = [path for room in ("domain", "projections", "service") for path in (ROOT / room).rglob("*.py")]
    printed = ROOT / "schema.graphql"
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*rooms, printed]) + "duban"
    names = [
        name
        for line in GLOSSARY.splitlines()
        if line.startswith("| ")
        for name in re.findall(r"`([^`]+)`", line)
    ]
    # Of an address its last part, of a member its own name, of a command its verb.
    last = {name: re.split(r"/(?=.)" if name.startswith("/") else r"\.| ", name)[-1] for name in names}
    absent = [name for name, part in last.items() if not re.search(rf"\b{re.escape(part)}\b", code)]
    assert not absent


def test_the_glossary_says_a_word_once() -> None:
    terms = re.findall(r"^\| ([^|]*[\u4e00-\u9fff][^|]*?) \|", GLOSSARY, re.MULTILINE)
    assert len(terms) >= 60
    assert [term for term, times in Counter(terms).items() if times > 1] == []
