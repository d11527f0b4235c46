"""Cards, urges and sweeps through GraphQL, in a small town on 10 June 2020.

Task 1.1 began on 1 April and is due on 30 November: 71 of 243 days have gone, a tenth is done, and the report
for May is missing.
"""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from domain import identifiers
from domain.aggregate import AnyEvent
from domain.refusal import Refusal
from domain.supervision.card_scheme import CardScheme
from domain.supervision.cards import Cards, next_step
from domain.supervision.sweep import Sweep, figures, task_on_day, urges_due
from domain.supervision.urge import Urge
from domain.task import Task
from service import daily
from service.daily import sweep_until
from service.store.clock import SimulatedClock
from service.store.codec import decode
from tests.projections.read_tables import until
from tests.service.api.carded import DOCUMENT, adopt, sweep
from tests.service.api.city import campaign, task, unit
from tests.service.api.client import INSPECTOR, OFFICE, PUBLIC, Insider, reporter, supervisor
from tests.service.api.small import listing, report, small_town

G1 = supervisor("g1")
DAY = timedelta(days=1)

TASK_CARDS = """query ($t: ID!, $p: Position) { task(id: $t, minPosition: $p) {
    card { level levelName points cause times raisedOn shownOn open edition completion expected deviation
      daysOverdue reportsMissing unit { code } task { code } campaign { code }
      steps { kind level on points cause times text group { code } } }
    cards { totalCount nodes { id level open liftedOn liftReason } }
    urges { nodes { id occasion issuedOn due acknowledgedAt unit { code } } } } }"""


async def told(service: Insider, code: str = "1.1") -> dict[str, Any]:
    data = await service.ask(TASK_CARDS, {"t": task(code), "p": await service.position()})
    found: dict[str, Any] = data["task"]
    return found


# -- the scheme


async def test_a_scheme_is_adopted_and_read_by_everyone(service: Insider) -> None:
    adopted = await adopt(service)
    assert adopted["scheme"]["edition"] == 1
    assert [(x["code"], x["name"], x["points"]) for x in adopted["scheme"]["levels"]] == [
        ("green", "绿牌", "0"),
        ("yellow", "黄牌", "-1"),
        ("red", "红牌", "-2"),
    ]
    four = [
        {"code": "green", "name": "绿牌", "points": "0"},
        {"code": "blue", "name": "蓝牌", "points": "0", "behind": "0.05"},
        {"code": "yellow", "name": "黄牌", "points": "-1", "behind": "0.1", "overdueDays": 1},
        {"code": "red", "name": "红牌", "points": "-2", "behind": "0.25", "overdueDays": 15},
    ]
    assert (await adopt(service, levels=four, repetitions=[]))["scheme"]["edition"] == 2
    query = """query ($p: Position) { cardSchemes(minPosition: $p) { nodes { edition adoptedOn documentNumber
        levels { code behind overdueDays missingReports } repetitions { level times escalatesTo interview }
        repeatDays urgeDaysBefore } } }"""
    data = await service.ask(query, {"p": await service.position()}, role=PUBLIC)
    last, first = data["cardSchemes"]["nodes"]
    assert [x["code"] for x in last["levels"]] == ["green", "blue", "yellow", "red"]
    assert last["levels"][1] == {
        "code": "blue",
        "behind": "0.05",
        "overdueDays": None,
        "missingReports": None,
    }
    assert (first["edition"], first["adoptedOn"], first["urgeDaysBefore"]) == (1, "2020-06-10", [15, 3])
    assert first["repetitions"][0] == {
        "level": "yellow",
        "times": 2,
        "escalatesTo": "red",
        "interview": False,
    }
    refused = await service.refused("adoptCardScheme", {"document": DOCUMENT, "levels": four[:1]})
    assert (refused["code"], refused["field"], refused["article"]) == (
        "card_scheme.ladder_size",
        "levels",
        25,
    )


# -- the sweep


async def test_a_sweep_shows_cards_and_urges(service: Insider) -> None:
    await small_town(service)
    assert (await service.refused("sweepDay", {"day": "2020-06-10"}))["code"] == "card_scheme.none_adopted"
    await adopt(service)
    assert await sweep(service, date(2020, 6, 10)) == {"taskCount": 2, "raised": 1, "urged": 1}
    found = await told(service)
    card = found["card"]
    assert card.pop("steps") == [
        {
            "kind": "RAISED",
            "level": "yellow",
            "on": "2020-06-10",
            "points": "-1",
            "cause": "FIGURES",
            "times": 1,
            "text": "",
            "group": None,
        }
    ]
    assert card == {
        "level": "yellow",
        "levelName": "黄牌",
        "points": "-1",
        "cause": "FIGURES",
        "times": 1,
        "raisedOn": "2020-06-10",
        "shownOn": "2020-06-10",
        "open": True,
        "edition": 1,
        "completion": "0.1000",
        "expected": "0.2881",
        "deviation": "-0.1881",
        "daysOverdue": 0,
        "reportsMissing": 1,
        "unit": {"code": "dept.a"},
        "task": {"code": "1.1"},
        "campaign": {"code": "c1"},
    }
    (urge,) = found["urges"]["nodes"]
    assert (urge["occasion"], urge["due"], urge["unit"]) == (
        "REPORT_MISSING",
        "2020-06-05",
        {"code": "dept.a"},
    )
    closed = await told(service, "1.2")
    assert (closed["card"], closed["cards"]["totalCount"]) == (None, 0)


async def test_the_same_day_twice_changes_nothing(service: Insider) -> None:
    await small_town(service)
    await adopt(service)
    mistyped = await service.refused("sweepDay", {"day": "1020-06-10"})
    assert (mistyped["code"], mistyped["field"]) == ("sweep.before_the_log", "day")
    await sweep(service, date(2020, 6, 10))
    position = await service.position()
    refused = await service.refused("sweepDay", {"day": "2020-06-10"})
    assert (refused["code"], refused["field"]) == ("sweep.conducted", "day")
    assert "2020年6月10日" in refused["messageZh"]
    earlier = await service.refused("sweepDay", {"day": "2020-06-09"})
    assert (earlier["code"], earlier["field"]) == ("sweep.out_of_order", "day")
    later = await service.refused("sweepDay", {"day": "2020-06-11"})
    assert (later["code"], later["field"]) == ("supervision.not_yet", "day")
    app = service.app
    assert await sweep_until(app.commands, app.database, date(2020, 6, 10)) == []
    assert await service.position() == position


async def test_up_to_a_day_to_come_nothing_is_swept(service: Insider, clock: SimulatedClock) -> None:
    """Not even the days before it that have come."""
    await small_town(service)
    await adopt(service)
    app, first = service.app, date(2020, 6, 10)
    await sweep_until(app.commands, app.database, first)
    clock.moment += 3 * DAY
    position = await service.position()
    with pytest.raises(Refusal, match=r"supervision\.not_yet"):
        await sweep_until(app.commands, app.database, first + 4 * DAY)
    assert await service.position() == position


async def test_missed_days_are_swept_one_by_one_as_they_ended(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    await adopt(service)
    app, begin = service.app, clock.moment
    first = date(2020, 6, 10)
    assert await sweep_until(app.commands, app.database, first) == [first]
    clock.moment = begin + 3 * DAY
    await service.give("reportProgress", report("1.1", "2020-05", "40"))
    clock.moment = begin + 6 * DAY
    missed = [first + n * DAY for n in range(1, 6)]
    assert await sweep_until(app.commands, app.database, missed[-1]) == missed
    found = await told(service)
    assert found["card"] is None
    # Lifted by the sweep of the day on which the report came, though that was done three days later.
    assert [x["liftedOn"] for x in found["cards"]["nodes"]] == ["2020-06-13"]
    query = "query ($p: Position) { sweeps(minPosition: $p) { nodes { on lifted raised readPosition } } }"
    swept = (await service.ask(query, {"p": await service.position()}))["sweeps"]["nodes"]
    assert [x["on"] for x in swept] == [str(day) for day in reversed([first, *missed])]
    assert [x["lifted"] for x in swept] == [0, 0, 1, 0, 0, 0]
    assert swept[2]["readPosition"] > swept[3]["readPosition"] == swept[4]["readPosition"]


async def test_two_who_sweep_at_once_sweep_once(service: Insider) -> None:
    await small_town(service)
    await adopt(service)
    app, day = service.app, date(2020, 6, 9)
    swept = await asyncio.gather(*(sweep_until(app.commands, app.database, day) for _ in range(3)))
    assert sorted(swept) == [[], [], [day]]


async def test_serving_sweeps_yesterday_once_there_is_a_scheme(
    service: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await small_town(service)
    monkeypatch.setattr("service.daily.CHECK_SECONDS", 0.01)
    app, position = service.app, await service.position()
    assert not await daily._swept(app.commands, app.database, date(2020, 6, 9))
    assert await service.position() == position
    serving = asyncio.create_task(daily.keep_swept(app.commands, app.database, app.today))
    try:
        await adopt(service)
        query = "select count(*) = 1 from read.sweep where swept_on = '2020-06-09'"
        await until(lambda: app.database.fetchval(query))
    finally:
        serving.cancel()
    swept = await service.position()
    assert await daily._swept(app.commands, app.database, date(2020, 6, 9))
    assert await service.position() == swept


async def test_serving_goes_on_sweeping_whatever_goes_wrong_with_one_attempt(
    service: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await small_town(service)
    await adopt(service)
    app = service.app
    attempts: list[None] = []

    async def swept(*_: Any) -> list[date]:
        attempts.append(None)
        if len(attempts) == 1:
            raise KeyError("what nobody thought of")
        return []

    monkeypatch.setattr(daily, "sweep_until", swept)
    assert not await daily._swept(app.commands, app.database, date(2020, 6, 9))
    assert await daily._swept(app.commands, app.database, date(2020, 6, 9))


async def test_every_sweep_is_done_again_from_the_log_to_the_same_result(
    service: Insider, clock: SimulatedClock
) -> None:
    await _a_spring(service, clock)
    log = await service.app.recorder.select_notifications(1, 100_000)
    events: list[tuple[int, Any, AnyEvent]] = [(r.id, r.correlation, decode(r.topic, r.state)) for r in log]
    sweeps = [(c, e) for _, c, e in events if isinstance(e, Sweep.Conducted)]
    assert len(sweeps) > 30
    assert sum(e.tally.raised + e.tally.escalated + e.tally.repeated + e.tally.lifted for _, e in sweeps) > 4
    assert sum(e.tally.urged for _, e in sweeps) > 4
    for correlation, swept in sweeps:
        of_sweep = [e for _, c, e in events if c == correlation and e is not swept]
        first = next(position for position, c, _ in events if c == correlation)
        assert _again(events, swept, first) == of_sweep


def _again(events: list[tuple[int, Any, AnyEvent]], swept: Sweep.Conducted, first: int) -> list[AnyEvent]:
    """The events that the rules bring on what the log told when the day was swept."""
    tasks = _told(Task, [e for position, _, e in events if position <= swept.position])
    before = [e for position, _, e in events if position < first]
    cards, urges = _told(Cards, before), _told(Urge, before)
    (scheme,) = _told(CardScheme, before).values()
    edition, rules = scheme.require_in_force()
    assert edition == swept.edition
    decided: list[AnyEvent] = []
    on_day = sorted((task_on_day(t) for t in tasks.values()), key=lambda t: tasks[t.id].code)
    for listed in on_day:
        known = cards.get(identifiers.cards_id(listed.id)) or Cards.open(listed.id, swept.timestamp)
        now = figures(listed, rules, swept.on) if listed.in_progress else None
        if next_step(rules, known.standing, now, listed.key_task, swept.on) is not None:
            known.sweep(edition, rules, listed.subject, now, swept.on, swept.timestamp)
            decided += known.collect_events()  # type: ignore[arg-type]
    for listed in on_day:
        for urge in urges_due(listed, rules, edition, urges, swept.on, swept.timestamp):
            decided += urge.collect_events()  # type: ignore[arg-type]
    return decided


def _told(kind: type[Any], events: list[AnyEvent]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for event in events:
        if type(event).__qualname__.startswith(f"{kind.__name__}."):
            found[event.originator_id] = event.mutate(found.get(event.originator_id))
    return found


async def _a_spring(service: Insider, clock: SimulatedClock) -> None:
    """From 10 June to 25 July: swept each morning, some tasks reported on, one delivered."""
    await small_town(service)
    for code, deadline, key in (("2.1", "2020-07-10", False), ("2.2", "2020-12-31", True)):
        await service.give("listTask", listing(code, deadline=deadline, keyTask=key))
    await adopt(service, keyTaskSteps=1)
    begin = clock.moment
    for n in range(45):
        clock.moment = begin + n * DAY
        if n == 12:
            await service.give("reportProgress", report("1.1", "2020-05", "60"))
        if n == 20:
            await service.give(
                "showCard", {"task": task("1.1"), "level": "yellow", "reason": "停工"}, role=G1
            )
        if n == 30:
            delivered = {"task": task("2.1"), "deliveredOn": "2020-07-09", "statement": "完成"}
            await service.give("deliverTask", delivered)
        await sweep(service, (begin + (n - 1) * DAY).date())


# -- by hand


async def test_a_group_shows_and_lifts_by_hand_what_it_covers(service: Insider) -> None:
    await small_town(service)
    await service.give("listTask", listing("1.3", start="2020-06-09"))
    refused = await service.refused(
        "showCard", {"task": task("1.3"), "level": "yellow", "reason": "停工"}, role=G1
    )
    assert refused["code"] == "card_scheme.none_adopted"
    await adopt(service)
    skipping = {"task": task("1.3"), "level": "red", "reason": "停工"}
    refused = await service.refused("showCard", skipping, role=G1)
    assert (refused["code"], refused["field"], refused["article"]) == ("card.ladder_skipped", "level", 25)
    assert "黄牌" in refused["messageZh"]
    shown = await service.give(
        "showCard",
        {**skipping, "level": "yellow"},
        "... on CardPayload { card { cause reason group { code } } task { card { level } } }",
        role=G1,
    )
    assert shown["card"] == {"cause": "HAND", "reason": "停工", "group": {"code": "g1"}}
    assert shown["task"] == {"card": {"level": "yellow"}}
    assert await sweep(service, date(2020, 6, 10)) == {"taskCount": 3, "raised": 1, "urged": 1}
    lifted = {"task": task("1.3"), "reason": "已复工"}
    foreign = await service.refused("liftCard", lifted, role=supervisor("g9"))
    assert foreign["code"] == "group.unknown"
    await service.give("liftCard", lifted, role=G1)
    again = await service.refused("liftCard", lifted, role=G1)
    assert (again["code"], again["field"]) == ("card.none_shown", "task")
    closed = {"task": task("1.2"), "level": "yellow", "reason": "停工"}
    assert (await service.refused("showCard", closed, role=G1))["code"] == "card.task_not_in_progress"
    for who in (OFFICE, reporter("dept.a"), INSPECTOR):
        answer = await service.send("liftCard", lifted, role=who)
        assert [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]


async def test_too_many_cards_bring_an_interview_and_a_written_report(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    await adopt(
        service,
        repeatDays=7,
        repetitions=[{"level": "yellow", "times": 2, "interview": True, "writtenReport": True}],
    )
    begin = clock.moment
    early = {"task": task("1.1"), "on": "2020-06-10", "record": "约谈"}
    assert (await service.refused("conductInterview", early))["code"] == "card.no_interview_ordered"
    await sweep(service, begin.date())
    clock.moment = begin + 7 * DAY
    assert await sweep(service, clock.moment.date()) == {"taskCount": 2, "repeated": 1, "interviews": 1}
    clock.moment = begin + 8 * DAY
    held = {"task": task("1.1"), "on": "2020-06-18", "record": "主要负责人表态整改。"}
    await service.give("conductInterview", held)
    written = {"task": task("1.1"), "text": "情况说明。"}
    foreign = await service.refused("submitWrittenReport", written, role=reporter("dept.b"))
    assert (foreign["code"], foreign["field"]) == ("task.not_lead_unit", "unit")
    await service.give("submitWrittenReport", written, role=reporter("dept.a"))
    again = await service.refused("submitWrittenReport", written, role=reporter("dept.a"))
    assert again["code"] == "card.no_report_ordered"
    kinds = [step["kind"] for step in (await told(service))["card"]["steps"]]
    assert kinds == ["RAISED", "REPEATED", "INTERVIEW_ORDERED"]


# -- urges


async def test_a_unit_is_urged_by_hand_and_acknowledges(service: Insider) -> None:
    await small_town(service)
    selection = "... on UrgePayload { urge { id occasion text unit { code } group { code } acknowledgedAt } }"
    given = {"task": task("1.1"), "text": "请加快进度。"}
    urge = (await service.give("urgeUnit", given, selection, role=G1))["urge"]
    assert urge.pop("id").startswith("urge:")
    assert urge == {
        "occasion": "HAND",
        "text": "请加快进度。",
        "unit": {"code": "dept.a"},
        "group": {"code": "g1"},
        "acknowledgedAt": None,
    }
    assert (await service.refused("urgeUnit", given))["code"] == "urge.exists"
    stranger = await service.refused("urgeUnit", {**given, "unit": unit("dept.c")})
    assert (stranger["code"], stranger["field"]) == ("task.not_your_unit", "unit")
    closed = await service.refused("urgeUnit", {**given, "task": task("1.2")})
    assert closed["code"] == "urge.task_not_in_progress"
    supporting = {**given, "unit": unit("dept.b")}
    urge = (await service.give("urgeUnit", supporting, selection))["urge"]
    named = {"urge": urge["id"], "remark": "收到。"}
    foreign = await service.refused("acknowledgeUrge", named, role=reporter("dept.a"))
    assert (foreign["code"], foreign["field"]) == ("urge.not_your_unit", "unit")
    acknowledged = await service.give("acknowledgeUrge", named, selection, role=reporter("dept.b"))
    assert acknowledged["urge"]["acknowledgedAt"].startswith("2020-06-10T")
    assert (await service.refused("acknowledgeUrge", named))["code"] == "urge.acknowledged"
    query = """query ($p: Position) { a: urges(minPosition: $p, filter: {acknowledged: true}) { totalCount }
        b: urges(filter: {acknowledged: false}) { nodes { unit { code } } } }"""
    data = await service.ask(query, {"p": await service.position()})
    assert data == {"a": {"totalCount": 1}, "b": {"nodes": [{"unit": {"code": "dept.a"}}]}}


# -- reading


@pytest.mark.parametrize("query", ["cards", "urges", "sweeps", "dispatchBoard", "problems", "findings"])
async def test_supervision_is_not_public(service: Insider, query: str) -> None:
    assert await service.codes(f"{{ {query} {{ totalCount }} }}", role=PUBLIC) == ["FORBIDDEN"]
    assert await service.codes(f"{{ {query} {{ totalCount }} }}", role=reporter("dept.a")) == []


async def test_lists_of_cards_are_filtered_and_sorted(service: Insider) -> None:
    await small_town(service)
    await service.give("listTask", listing("1.3", leadUnit=unit("dept.c"), supportingUnits=[]))
    await adopt(service)
    await sweep(service, date(2020, 6, 10))
    query = """query ($f: CardFilter, $p: Position) {
        cards(filter: $f, minPosition: $p, orderBy: {field: RAISED}) { nodes { task { code } } } }"""

    async def codes(**filters: Any) -> list[str]:
        data = await service.ask(query, {"f": filters, "p": await service.position()})
        return sorted(node["task"]["code"] for node in data["cards"]["nodes"])

    assert await codes() == ["1.1", "1.3"]
    assert await codes(unit=unit("dept.c"), open=True) == ["1.3"]
    assert await codes(task=task("1.1"), level="yellow", cause=["FIGURES"]) == ["1.1"]
    assert await codes(campaign=campaign("c1"), shownFrom="2020-06-10", shownTo="2020-06-10") == [
        "1.1",
        "1.3",
    ]
    assert await codes(level="red") == await codes(open=False) == await codes(shownFrom="2020-06-11") == []
    per_unit = "query ($u: ID!) { unit(id: $u) { cards { totalCount } urges { totalCount } } }"
    assert (await service.ask(per_unit, {"u": unit("dept.c")}))["unit"] == {
        "cards": {"totalCount": 1},
        "urges": {"totalCount": 1},
    }
