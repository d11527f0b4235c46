"""The plan that is shipped, held to a count of its figures that was made apart from it.

`figures.csv` lists every figure of articles 10-44 in the order of the text, from a second reading: `target`
(a quantity), `words` (全部, 全覆盖, 清零: a quantity in words), `missing` (the text has lost it),
`date`, `day` (of every month), `condition` (what limits the thing counted) and `name`. `written` is what is
left of it in the text.
"""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from domain.campaign import TaskForceRole
from domain.directory import Category
from domain.indicator import Direction
from service.plans import WEIFANG_2020
from service.plans.rows import CampaignKind, IndicatorRow, PlanDocument, TaskRow
from service.plans.sheet import check, read_plan
from tests.service.plans.documents import plans
from tests.service.plans.through_domain import listed

FIGURES = list(
    csv.DictReader(Path(__file__).with_name("figures.csv").read_text(encoding="utf-8").splitlines())
)
ARTICLES = range(10, 45)


@cache
def plan() -> PlanDocument:
    return read_plan(WEIFANG_2020, "yaml")


def tasks_of(article: int) -> list[TaskRow]:
    return [task for task in plan().tasks if task.article == article]


def from_the_text(task: TaskRow) -> list[IndicatorRow]:
    return [indicator for indicator in task.indicators if not indicator.assumed]


def figures(article: int, *kinds: str) -> list[dict[str, str]]:
    return [row for row in FIGURES if int(row["article"]) == article and row["kind"] in kinds]


def test_the_shipped_plan_breaks_no_rule() -> None:
    assert check(plan()) == []


def test_every_article_from_10_to_44_has_tasks_and_no_measure_is_a_task() -> None:
    assert {task.article for task in plan().tasks} == {1, 2, *ARTICLES}
    header = plan().header
    assert header is not None
    assert header.missing_articles == (3, 4, 5, 6, 7, 8, 9)


def test_tasks_are_numbered_within_their_article() -> None:
    for article in (1, 2, *ARTICLES):
        codes = [task.code for task in tasks_of(article)]
        assert codes == [f"{article}.{n}" for n in range(1, len(codes) + 1)]
    for task in plan().tasks:
        assert [i.code for i in task.indicators] == [
            f"{task.code}.{n + 1}" for n in range(len(task.indicators))
        ]


@pytest.mark.parametrize("article", ARTICLES)
def test_the_figures_of_an_article_are_those_that_were_counted(article: int) -> None:
    counted = Counter(
        (None if row["kind"] == "missing" else Decimal(row["value"]), row["unit"])
        for row in figures(article, "target", "words", "missing")
    )
    shipped = Counter(
        (i.target, i.unit_of_measure) for task in tasks_of(article) for i in from_the_text(task)
    )
    assert shipped == counted


@pytest.mark.parametrize("article", ARTICLES)
def test_the_dates_of_an_article_are_deadlines_or_milestones(article: int) -> None:
    days = {d for task in tasks_of(article) for d in (task.deadline, *(m.due for m in task.milestones))}
    assert {date.fromisoformat(row["value"]) for row in figures(article, "date")} <= days
    for row in figures(article, "day"):
        monthly = [{m.due.day for m in task.milestones} for task in tasks_of(article)]
        assert {int(row["value"])} in monthly


@pytest.mark.parametrize("article", ARTICLES)
def test_a_date_that_is_not_in_the_text_is_marked_as_assumed(article: int) -> None:
    written = {date.fromisoformat(row["value"]) for row in figures(article, "date")} | {date(2020, 12, 31)}
    for task in tasks_of(article):
        assert task.deadline in written or "deadline" in task.assumed
        assert all("share" in milestone.assumed for milestone in task.milestones)


@pytest.mark.parametrize("article", ARTICLES)
def test_what_limits_a_figure_is_said_in_a_title_a_name_or_a_note(article: int) -> None:
    said = "\n".join(
        part
        for task in tasks_of(article)
        for part in (task.title, task.note, *(i.name for i in task.indicators))
    )
    for row in figures(article, "condition", "name"):
        assert row["value"] in said, row


def test_the_count() -> None:
    kinds = Counter(row["kind"] for row in FIGURES)
    assert kinds == {
        "target": 66,
        "words": 17,
        "missing": 19,
        "date": 27,
        "day": 2,
        "condition": 22,
        "name": 2,
    }
    indicators = [i for task in plan().tasks for i in task.indicators]
    assert len(plan().tasks) == 250
    assert len(indicators) == 282
    assert sum(not i.assumed for i in indicators) == 66 + 17 + 19
    assert sum(i.missing for i in indicators) == 19
    assert sum(len(task.milestones) for task in plan().tasks) == 26


def test_a_task_without_a_figure_has_one_assumed_indicator_of_overall_progress() -> None:
    for task in plan().tasks:
        if not from_the_text(task):
            (only,) = task.indicators
            assert (only.name, only.target, only.unit_of_measure) == ("完成度", Decimal(100), "%")
            assert only.assumed == ("name", "direction", "target", "unit_of_measure")
        else:
            assert not any(i.assumed for i in task.indicators)


def test_some_figures_known_by_heart() -> None:
    by_name = {i.name: i for task in plan().tasks for i in task.indicators}
    assert by_name["完成农村厕所扩面改造"].target == 57000
    fine_particles = by_name["细颗粒物（PM2.5）年均浓度"]
    assert (fine_particles.direction, fine_particles.target) == (Direction.AT_MOST, Decimal(49))
    assert by_name["达到准地表四类水标准的污水处理厂"].target == 70
    assert by_name["湿地保护率"].target == 70
    assert by_name["推进重点技改项目"].missing
    assert all(i.baseline is None for i in by_name.values())


def test_weights_within_a_task_are_equal_but_for_rounding() -> None:
    for task in plan().tasks:
        weights = [i.weight for i in task.indicators]
        assert max(weights) - min(weights) <= 1


def test_ten_campaigns_two_headings_lost_and_one_part_that_is_no_campaign() -> None:
    campaigns = [row for row in plan().campaigns if row.kind is CampaignKind.CAMPAIGN]
    assert [row.number for row in campaigns] == list(range(1, 11))
    assert [row.number for row in campaigns if row.missing] == [1, 2]
    assert all("缺失" in row.name for row in campaigns if row.missing)
    (part,) = (row for row in plan().campaigns if row.kind is CampaignKind.PART)
    assert {task.article for task in plan().tasks if task.campaign == part.code} == {1, 2}
    spans = [[t.article for t in plan().tasks if t.campaign == row.code] for row in campaigns]
    assert [(min(s), max(s)) for s in spans if s] == [
        (10, 14),
        (15, 17),
        (18, 22),
        (23, 25),
        (26, 29),
        (30, 34),
        (35, 38),
        (39, 41),
        (42, 44),
    ]
    assert spans[0] == []


def test_every_campaign_has_a_task_force_under_a_city_leader_of_its_own() -> None:
    campaigns = [row for row in plan().campaigns if row.kind is CampaignKind.CAMPAIGN]
    leaders = [m.official for row in campaigns for m in row.task_force if m.role is TaskForceRole.LEADER]
    assert len(set(leaders)) == len(campaigns) == 10
    assert all("task_force" in row.assumed for row in campaigns)


def test_units_are_the_citys_and_each_has_a_leading_official() -> None:
    categories = Counter(unit.category for unit in plan().units)
    assert (categories[Category.COUNTY], categories[Category.ZONE]) == (12, 4)
    assert {official.leads for official in plan().officials if official.leads} == {
        u.code for u in plan().units
    }


def test_nobody_in_it_is_real() -> None:
    assert all(official.name.startswith("演示人员·") for official in plan().officials)


def test_three_groups_cover_every_task_once() -> None:
    assert len(plan().groups) == 3
    assert sorted(code for group in plan().groups for code in group.campaigns) == sorted(
        row.code for row in plan().campaigns
    )
    for task in plan().tasks:
        (group,) = (g for g in plan().groups if task.campaign in g.campaigns)
        assert {task.lead, *task.supporting} <= set(group.units)


def test_every_unit_leads_or_supports_something_and_assignments_are_marked_as_assumed() -> None:
    assigned = {unit for task in plan().tasks for unit in (task.lead, *task.supporting)}
    assert assigned == {unit.code for unit in plan().units}
    for task in plan().tasks:
        assert {"lead", "start"} <= set(task.assumed)
        assert ("supporting" in task.assumed) == bool(task.supporting)


def test_titles_are_short_and_say_different_things() -> None:
    titles = [task.title for task in plan().tasks]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 40


def test_any_yaml_reader_takes_codes_as_text() -> None:
    tree = yaml.safe_load(WEIFANG_2020.read_text(encoding="utf-8"))
    assert all(isinstance(task["code"], str) for task in tree["tasks"])
    assert all(isinstance(i["code"], str) for task in tree["tasks"] for i in task["indicators"])


def test_the_domain_takes_the_shipped_plan() -> None:
    assert [task.code for task in listed(plan())] == [task.code for task in plan().tasks]


@given(plans())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_domain_takes_whatever_the_check_passes(document: PlanDocument) -> None:
    assert check(document) == []
    assert len(listed(document)) == len(document.tasks)
