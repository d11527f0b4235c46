"""The rankings of a whole demonstration year, as a service answers them, against those that another
implementation makes of nothing but the events of its log."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from tests.projections.assessment.independent import Line, Raw, World

Ask = Callable[[str], dict[str, Any]]
"""Asks a document as who may read every event; the answer's `data`."""

CATEGORIES = ("COUNTY", "ZONE", "DEPARTMENT")
SPANS = [*(f"2020-{month:02}" for month in range(4, 13)), "2020-Q2", "2020-Q3", "2020-Q4", "2020"]

_EVENTS = "{ events(first: 100%s) { pageInfo { endCursor hasNextPage } nodes { position topic state } } }"
_RANKING = """{ ranking(period: "%s", category: %s, asOf: {position: %d}) {
    entries(first: 500) {
        rank total unit { id } components { code points } adjustments { code points } } } }"""
_PARTS = """{ ranking(period: "%s", category: %s) { entries(first: 500) { total
    components { points contributions { points event { position } } }
    adjustments { points contributions { points event { position } } } } } }"""


def events_of(ask: Ask) -> list[Raw]:
    """Every event of the log, in order."""
    return sorted(_events(ask), key=lambda found: found[0])


def _events(ask: Ask) -> Iterator[Raw]:
    after, more = "", True
    while more:
        page = ask(_EVENTS % after)["events"]
        yield from ((e["position"], e["topic"], e["state"]) for e in page["nodes"])
        after, more = f', after: "{page["pageInfo"]["endCursor"]}"', page["pageInfo"]["hasNextPage"]


def assert_ranked_alike(ask: Ask, events: list[Raw], moments: int) -> None:
    """All rankings that were published, and live ones at the end and at so many other positions."""
    published = [e for _, topic, e in events if topic in ("ranking.published", "ranking.republished")]
    assert len({e["span"] for e in published}) >= 10
    for event in published:
        lines = World(events, event["inputs"]["position"]).ranking(event["span"], event["category"])
        assert lines is not None
        assert [(u["unit_id"], u["rank"], u["total"]) for u in event["units"]] == [
            (line.unit, line.rank, f"{line.total:f}") for line in lines
        ]
    chance = Random(2020)
    asked = [(len(events), span, category) for span in SPANS for category in CATEGORIES]
    for _ in range(moments):
        asked.append((chance.randint(1, len(events)), chance.choice(SPANS), chance.choice(CATEGORIES)))
    for position, span, category in asked:
        answer = ask(_RANKING % (span, category, position))["ranking"]
        expected = World(events, position).ranking(span, category.lower())
        assert (None if answer is None else [_line(e) for e in answer["entries"]]) == expected


def _line(entry: dict[str, Any]) -> Line:
    points = {p["code"]: Decimal(p["points"]) for p in (*entry["components"], *entry["adjustments"])}
    return Line(entry["rank"], entry["unit"]["id"].partition(":")[2], Decimal(entry["total"]), points)


def assert_every_point_leads_to_an_event(ask: Ask, span: str) -> None:
    """What a total is made of sums to it exactly, and each part names its event."""
    for category in CATEGORIES:
        for entry in ask(_PARTS % (span, category))["ranking"]["entries"]:
            parts = [*entry["components"], *entry["adjustments"]]
            for part in parts:
                assert sum(Decimal(c["points"]) for c in part["contributions"]) == Decimal(part["points"])
                assert all(c["event"]["position"] > 0 for c in part["contributions"])
            assert sum(Decimal(part["points"]) for part in parts) == Decimal(entry["total"])
