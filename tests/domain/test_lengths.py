"""How long each text may be: the last length that is recorded, and the first that is refused."""

from dataclasses import replace
from datetime import date

import pytest

from domain.directory import Category
from domain.documents import Document
from domain.indicator import Indicator
from domain.schedule import Milestone
from tests.domain import examples as city
from tests.domain.scenario import Command
from tests.domain.texts import Told, require_length

STAFFED: tuple[Command, ...] = (city.opened, city.with_units, city.with_officials)
LISTED: tuple[Command, ...] = (city.listed(), city.published, city.reported())


def indicator(**texts: str) -> tuple[Indicator, ...]:
    return (city.TOILETS, replace(city.PM25, **texts))  # type: ignore[arg-type]


def milestone(title: str) -> tuple[Milestone, ...]:
    return (replace(city.milestones((date(2020, 6, 30), "0.5"))[0], title=title),)


def reassigned(document: Document) -> Command:
    return lambda t: t.reassign(city.OTHER, (), document, city.MAY)


# What is given, the command told with a text, its field, and how many characters that takes.
LENGTHS: list[tuple[tuple[Command, ...], Told, str, int]] = [
    ((), lambda x: city.launched(name=x), "name", 100),
    ((), lambda x: city.launched(goal=x), "goal", 2000),
    ((), lambda x: city.formed(name=x), "name", 100),
    (STAFFED, lambda x: lambda d: d.register_unit("u", x, Category.ZONE, city.MAY), "name", 100),
    (STAFFED, lambda x: lambda d: d.rename_unit(city.LEAD, x, city.MAY), "name", 100),
    (STAFFED, lambda x: lambda d: d.register_official("o", x, city.MAY), "name", 60),
    (
        STAFFED,
        lambda x: lambda d: d.appoint_official(city.OFFICIALS[0], city.LEAD, x, city.START, city.MAY),
        "post",
        60,
    ),
    ((), lambda x: city.listed(title=x), "title", 200),
    ((), lambda x: city.listed(note=x), "note", 2000),
    ((), lambda x: city.listed(assumed=(x,)), "assumed.0", 64),
    ((), lambda x: city.listed(indicators=indicator(name=x)), "indicators.1.name", 200),
    ((), lambda x: city.listed(indicators=indicator(unit_of_measure=x)), "indicators.1.unitOfMeasure", 40),
    ((), lambda x: city.listed(milestones=milestone(x)), "milestones.0.title", 200),
    ((city.listed(),), lambda x: lambda t: t.publish(city.LEAD, x, city.MAY), "outlet", 200),
    ((city.listed(),), lambda x: city.reported(narrative=x), "narrative", 4000),
    (
        (city.listed(),),
        lambda x: city.reported(evidence=(replace(city.EVIDENCE, title=x),)),
        "evidence.0.title",
        200,
    ),
    (LISTED, lambda x: city.corrected(narrative=x), "narrative", 4000),
    (LISTED, lambda x: city.corrected(reason=x), "reason", 1000),
    (
        LISTED,
        lambda x: lambda t: t.withdraw_report(city.report_of(t), city.LEAD, x, city.MAY),
        "reason",
        1000,
    ),
    (LISTED, lambda x: lambda t: t.publish_report(city.report_of(t), city.LEAD, x, city.MAY), "outlet", 200),
    (LISTED, lambda x: lambda t: t.verify_report(city.report_of(t), city.GROUP, x, city.MAY), "remark", 1000),
    (
        LISTED,
        lambda x: lambda t: t.dispute_report(city.report_of(t), city.GROUP, x, city.MAY),
        "reason",
        1000,
    ),
    (LISTED, lambda x: reassigned(replace(city.DOCUMENT, number=x)), "document.number", 100),
    (LISTED, lambda x: reassigned(replace(city.DOCUMENT, title=x)), "document.title", 200),
    (LISTED, lambda x: lambda t: t.deliver(city.LEAD, city.START, x, city.MAY), "statement", 4000),
    ((*LISTED, city.delivered), lambda x: lambda t: t.accept(None, x, city.JUNE), "remark", 1000),
    ((*LISTED, city.delivered), lambda x: lambda t: t.return_to_unit(None, x, city.JUNE), "reason", 1000),
]


@pytest.mark.parametrize(("history", "told", "field", "most"), LENGTHS)
def test_a_text_has_its_length(history: tuple[Command, ...], told: Told, field: str, most: int) -> None:
    require_length(history, told, field, most)
