"""Who saw what, and who tried to: noted, counted, bounded, and itself accounted for."""

import asyncio
from typing import Any
from uuid import UUID

import orjson
import pytest

from domain import identifiers
from domain.access import AccessKind
from service import access
from service.access import AccessLog
from service.errors import Forbidden
from service.identity import PUBLIC as NOBODY
from service.identity import WATCHED, Role, Viewer
from service.store.clock import SimulatedClock
from service.store.errors import StoreUnavailable, Unstorable
from service.tokens import own_key, signed
from tests.patience import PATIENCE_S
from tests.service.api.city import official
from tests.service.api.client import (
    EVALUATOR,
    INSPECTOR,
    LEADER,
    PUBLIC,
    Insider,
    reporter,
)
from tests.service.api.client import (
    Person as Someone,
)
from tests.service.api.small import report, small_town
from tests.service.ballots.hall import hall

ACCESSES = """query ($filter: AccessFilter) { accesses(filter: $filter, first: 100, orderBy: {direction: ASC}) {
  nodes { actor role kind what subjects times firstAt lastAt position } } }"""


async def noted(client: Insider, **filter: Any) -> list[dict[str, Any]]:
    """What is in the log of access. Asking is noted as well, and not told here."""
    await client.app.access.flush(whole=True)
    await client.settled()
    data = await client.ask(ACCESSES, {"filter": filter}, role=INSPECTOR)
    nodes: list[dict[str, Any]] = data["accesses"]["nodes"]
    return [n for n in nodes if n["kind"] != "ACCESSES" or filter]


def told(nodes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(n["actor"], n["kind"], n["what"], n["subjects"], n["times"]) for n in nodes]


O1 = [str(identifiers.official_id("o1"))]


def of(code: str, fields: str) -> str:
    return f'official(id: "{official(code)}") {{ {fields} }}'


READS = [
    f"{{ {of('o1', 'name')} }}",
    f'{{ node(id: "{official("o1")}") {{ ... on Official {{ post }} }} }}',
    f"{{ x: {of('o1', 'unit { code }')} }}",
    "{ supervisionGroups { nodes { leader { code } } } }",
    f"{{ {of('o1', 'name')} viewer {{ role }} }}",
]


@pytest.mark.parametrize("query", READS)
async def test_reading_a_persons_record_is_noted_with_whose_it_was(accounted: Insider, query: str) -> None:
    await small_town(accounted)
    answer = await accounted.ask(query, role=LEADER)
    assert "#" not in orjson.dumps(answer).decode()
    assert told(await noted(accounted)) == [("leader", "PERSON", "Official", O1, 1)]


async def test_what_is_not_in_the_table_is_not_noted(accounted: Insider) -> None:
    await small_town(accounted)
    await accounted.ask(
        '{{ official(id: "{}") {{ id }} units {{ nodes {{ leadingOfficial {{ name }} }} }} }}'.format(
            official("o1")
        )
    )
    await accounted.ask("{ ledger { nodes { title } } }", role=PUBLIC)
    await accounted.ask(f"{{ {of('o9', 'name')} }}")
    assert await noted(accounted) == []


async def test_evidence_and_the_content_of_events_are_noted(accounted: Insider) -> None:
    await small_town(accounted)
    piece = {"url": "https://example.org/a.pdf", "sha256": "ab" * 32}
    given = await accounted.give(
        "reportProgress",
        report("1.1", "2020-05", evidence=[piece]),
        "... on ReportPayload { report { id evidence { url } } }",
        reporter("dept.a"),
    )
    await accounted.ask("{ events { nodes { topic } } }", role=INSPECTOR)
    await accounted.ask("{ events(first: 2) { nodes { state salt } } }", role=INSPECTOR)
    await accounted.ask('{ streamHistory(id: "directory", first: 1) { kind } }', role=INSPECTOR)
    await accounted.ask(
        '{ diff(stream: "directory", fromVersion: 0, toVersion: 1) { path } }', role=INSPECTOR
    )
    key, end = given["report"]["id"].partition(":")[2], given["position"]
    last_two = [f"event:{end - 1}", f"event:{end}"]
    directory = str(identifiers.DIRECTORY)
    assert told(await noted(accounted)) == [
        ("reporter:dept.a", "EVIDENCE", "Report", [key], 1),
        ("inspector", "LOG", "Event.salt", last_two, 1),
        ("inspector", "LOG", "Event.state", last_two, 1),
        ("inspector", "LOG", "Query.streamHistory", ["event:1", directory], 1),
        ("inspector", "LOG", "Query.diff", [directory], 1),
    ]


async def test_who_saw_an_event_is_found_by_its_position(accounted: Insider) -> None:
    """However deep in an answer it stood."""
    await small_town(accounted)
    nested = "{ event(position: 2) { previous { state } next { salt } } }"
    await accounted.ask(nested, role=INSPECTOR)
    await accounted.ask("{ event(position: 900) { state } }", role=INSPECTOR)
    await accounted.ask(f'{{ streamHistory(id: "task:{UUID(int=7)}") {{ kind }} }}', role=INSPECTOR)
    saw = {n: [a["what"] for a in await noted(accounted, subject=f"event:{n}")] for n in (1, 2, 3, 900)}
    assert saw == {1: ["Event.state"], 2: [], 3: ["Event.salt"], 900: []}
    # What is no stream is what a client has written.
    (unknown,) = [a for a in await noted(accounted) if a["what"] == "Query.streamHistory"]
    assert unknown["subjects"] == []
    for malformed in ("event:0", "event:x", "event:-1", f"event:{10**30}"):
        assert await accounted.codes(ACCESSES, {"filter": {"subject": malformed}}, role=INSPECTOR) == [
            "BAD_INPUT"
        ]


async def test_reading_the_log_of_access_is_itself_noted(accounted: Insider) -> None:
    await accounted.ask("{ accesses { totalCount } }", role=INSPECTOR)
    await noted(accounted)
    (asked, *_) = await noted(accounted, kind=["ACCESSES"])
    assert (asked["actor"], asked["role"], asked["what"]) == ("inspector", "INSPECTOR", "Query.accesses")


REFUSED = [
    ("{ accesses { totalCount } }", LEADER, "Query.accesses"),
    ("{ officials: units { nodes { leadingOfficial { name } } } }", PUBLIC, "Unit.leadingOfficial"),
    ('{ viewer { role } streamHistory(id: "directory") { kind } }', LEADER, "Query.streamHistory"),
    (
        'mutation { registerUnit(input: {code: "a", name: "b", category: ZONE, idempotencyKey: "12345678"})'
        " { __typename } }",
        EVALUATOR,
        "Mutation.registerUnit",
    ),
]


@pytest.mark.parametrize(("query", "who", "what"), REFUSED, ids=str)
async def test_a_refused_attempt_is_noted(accounted: Insider, query: str, who: Someone, what: str) -> None:
    for _ in range(3):
        assert "FORBIDDEN" in await accounted.codes(query, role=who)
    (attempt,) = await noted(accounted)
    assert (attempt["actor"], attempt["role"]) == (who.name, who.role.value)
    assert (attempt["kind"], attempt["what"], attempt["subjects"]) == ("FORBIDDEN", what, [])
    assert attempt["times"] == 3


async def test_a_token_that_names_somebody_and_is_not_good_is_noted(accounted: Insider) -> None:
    settings = accounted.settings
    base: dict[str, Any] = {"issuer": settings.issuer, "audience": settings.audience, "role": Role.OFFICE}
    expired = signed(own_key(settings.data), who="wang", valid_seconds=-3600, **base)
    elsewhere = signed(own_key(settings.data), who="li", **(base | {"audience": "other"}))
    forged = signed(own_key(settings.data / "other"), who="zhao", **base)
    for token in (expired, expired, elsewhere, forged, "nonsense"):
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        response = await accounted.http.post(
            "/graphql", json={"query": "{ viewer { role } }"}, headers=headers
        )
        assert response.status_code == 401
        assert "wang" not in response.text
    assert told(await noted(accounted)) == [
        ("wang", "UNAUTHENTICATED", "", [], 2),
        ("li", "UNAUTHENTICATED", "", [], 1),
    ]


async def test_nothing_that_a_client_writes_enters_the_log(accounted: Insider) -> None:
    """Neither aliases nor variables nor texts nor tokens."""
    await accounted.codes('{ secretAlias: accesses(filter: {actor: "张三"}) { totalCount } }', role=LEADER)
    await accounted.codes(
        "query ($id: ID!) { official(id: $id) { name } }", {"id": official("o7")}, role=PUBLIC
    )
    await accounted.app.access.flush(whole=True)
    states = await accounted.app.database.fetch("select convert_from(state, 'utf8') from log.event")
    everything = " ".join(row[0] for row in states)
    assert "Query.accesses" in everything
    for written in ("secretAlias", "张三", "o7", str(identifiers.official_id("o7")), "Bearer", "eyJ"):
        assert written not in everything


# -- bounds


def log_of(client: Insider) -> AccessLog:
    return AccessLog(client.app.recorder, client.app.clock, client.app.settings.time_zone)


async def entries(client: Insider) -> list[Any]:
    rows = await client.app.database.fetch(
        "select state from log.event where topic = 'access.noted' order by position"
    )
    return [entry for row in rows for entry in orjson.loads(row[0])["entries"]]


async def test_repetitions_are_one_entry_with_a_count(service: Insider) -> None:
    log, leader = log_of(service), Viewer(Role.LEADER, "leader")
    for _ in range(10_000):
        log.note(leader, AccessKind.PERSON, "Official", [identifiers.official_id("o1")])
    await log.flush()
    for _ in range(500):
        log.note(leader, AccessKind.PERSON, "Official", [identifiers.official_id("o1")])
    await log.flush()
    assert [e["times"] for e in await entries(service)] == [10_000]
    log.note(leader, AccessKind.PERSON, "Official", [identifiers.official_id("o2")])
    await log.flush()
    await log.flush(whole=True)
    written = await entries(service)
    assert [e["times"] for e in written] == [10_000, 501]
    assert written[1]["subjects"] == [str(identifiers.official_id("o2"))]


async def test_what_is_seen_while_a_minute_is_written_belongs_to_the_next(
    service: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads without a pause is told apart anew each minute, up to the most of a minute."""
    log, leader = log_of(service), Viewer(Role.LEADER, "leader")
    monkeypatch.setattr(access, "SUBJECTS_MOST", 2)
    append = service.app.recorder.insert_events

    async def meanwhile(*given: Any, **named: Any) -> Any:
        log.note(leader, AccessKind.PERSON, "Official", [])
        return await append(*given, **named)

    o1, o2, o3 = (identifiers.official_id(f"o{n}") for n in (1, 2, 3))
    log.note(leader, AccessKind.PERSON, "Official", [o1, o2])
    with monkeypatch.context() as patched:
        patched.setattr(service.app.recorder, "insert_events", meanwhile)
        await log.flush(whole=True)
    log.note(leader, AccessKind.PERSON, "Official", [o3])
    await log.flush(whole=True)
    assert [set(e["subjects"]) for e in await entries(service)] == [{str(o1), str(o2)}, {str(o3)}]
    assert [e["times"] for e in await entries(service)] == [1, 2]


async def test_nobody_fills_the_disk_by_asking(service: Insider) -> None:
    log = log_of(service)
    for n in range(20_000):
        log.note(Viewer(Role.LEADER, f"actor {n}"), AccessKind.FORBIDDEN, f"Query.{n}")
        log.refused(NOBODY, [Forbidden("no", what="Query.x")])
    await log.flush(whole=True)
    written = await entries(service)
    assert len(written) <= access.ENTRIES_MOST + len(AccessKind)
    assert sum(e["times"] for e in written) == 40_000
    assert {e["actor"] for e in written} >= {"*", "actor 0", "public"}
    pages = await service.app.database.fetchval("select count(*) from log.event where topic = 'access.noted'")
    assert pages <= access.ENTRIES_MOST / access.PAGE_ENTRIES + 1
    # The minute is over: the next one has room again.
    log.note(Viewer(Role.LEADER, "late"), AccessKind.FORBIDDEN, "Query.x")
    await log.flush()
    assert (await entries(service))[-1]["actor"] == "late"


async def test_a_first_sight_is_written_within_moments(
    accounted: Insider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "FLUSH_SECONDS", 0.01)
    await small_town(accounted)
    await accounted.ask(READS[0], role=LEADER)
    async with asyncio.timeout(PATIENCE_S):
        async for recorded in accounted.app.recorder.subscribe(0, ["access.noted"]):
            assert b'"leader"' in recorded.state
            break


async def test_two_processes_write_the_same_day(service: Insider) -> None:
    one, other = log_of(service), log_of(service)
    for n in range(5):
        for log in (one, other):
            log.note(Viewer(Role.LEADER, f"{n}"), AccessKind.FORBIDDEN, "Query.x")
        await asyncio.gather(one.flush(), other.flush())
    assert len(await entries(service)) == 10
    streams = await service.app.database.fetchval(
        "select count(distinct stream_id) from log.event where topic like 'access.%'"
    )
    assert streams == 1


@pytest.mark.parametrize(
    "trouble", [OSError("away"), StoreUnavailable("away"), Unstorable("refused")], ids=repr
)
async def test_what_could_not_be_written_waits_and_is_counted_on(
    service: Insider, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    log = log_of(service)
    log.note(Viewer(Role.LEADER, "leader"), AccessKind.FORBIDDEN, "Query.x")

    async def away(*_: Any, **__: Any) -> Any:
        raise trouble

    with monkeypatch.context() as patched:
        patched.setattr(service.app.recorder, "insert_events", away)
        await log.flush()
    log.note(Viewer(Role.LEADER, "leader"), AccessKind.FORBIDDEN, "Query.x")
    await log.flush()
    assert [e["times"] for e in await entries(service)] == [2]


async def test_who_saw_whom_is_found_by_person_actor_and_time(accounted: Insider) -> None:
    await small_town(accounted)
    await accounted.ask(READS[0], role=LEADER)
    await accounted.ask(READS[0], role=EVALUATOR)
    await accounted.codes("{ accesses { totalCount } }", role=LEADER)
    assert [n["actor"] for n in await noted(accounted, subject=official("o1"))] == ["leader", "evaluator"]
    assert await noted(accounted, subject=official("o2")) == []
    assert [n["kind"] for n in await noted(accounted, actor="leader")] == ["PERSON", "FORBIDDEN"]
    assert [n["kind"] for n in await noted(accounted, kind=["FORBIDDEN"])] == ["FORBIDDEN"]
    assert await noted(accounted, to="2020-01-01T00:00:00Z") == []
    assert len(await noted(accounted, actor="leader", **{"from": "2020-01-01T00:00:00Z"})) == 2
    assert await accounted.codes(ACCESSES, {"filter": {"subject": "x"}}, role=INSPECTOR) == ["BAD_INPUT"]


async def test_a_page_goes_on_where_the_last_one_ended(service: Insider) -> None:
    log = log_of(service)
    for n in range(25):
        log.note(Viewer(Role.LEADER, f"{n:02}"), AccessKind.FORBIDDEN, "Query.x")
    await log.flush()
    await service.settled()
    seen, after = [], None
    while True:
        query = """query ($after: String) { accesses(first: 7, after: $after) {
          nodes { actor } pageInfo { hasNextPage endCursor } } }"""
        page = await service.ask(query, {"after": after}, role=INSPECTOR)
        seen += [n["actor"] for n in page["accesses"]["nodes"]]
        after = page["accesses"]["pageInfo"]["endCursor"]
        if not page["accesses"]["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"{n:02}" for n in reversed(range(25))]


def test_the_table_names_fields_of_the_schema() -> None:
    from service.api.schema import schema

    for name in WATCHED:
        type_, _, field = name.partition(".")
        assert field in schema._schema.type_map[type_].fields, name  # type: ignore[attr-defined]


def test_noting_is_quick_enough_to_be_forgotten() -> None:
    """Not a measurement: a read that is noted must not wait for anything."""
    assert not asyncio.iscoroutinefunction(AccessLog.note)
    assert not asyncio.iscoroutinefunction(AccessLog.seen)


async def test_a_file_that_is_handed_out_is_noted_as_an_export(accounted: Insider) -> None:
    await small_town(accounted)

    async def get(path: str, who: Someone) -> int:
        headers = {name: value for name, value in accounted.headers(who).items() if name == "authorization"}
        return (await accounted.http.get(path, headers=headers)).status_code

    assert await get("/files/problems.csv", LEADER) == 200
    assert await get("/calendar.ics", LEADER) == 200
    assert await get("/files/nothing.csv", LEADER) == 404
    # What everyone may have is nobody's access; what nobody may have is a refusal.
    assert await get("/calendar.ics", PUBLIC) == 200
    assert await get("/files/ledger.csv", PUBLIC) == 401
    assert await get("/files/reports.xlsx", LEADER) == 403
    assert told(await noted(accounted)) == [
        ("leader", "EXPORT", "/files/problems.csv", [], 1),
        ("leader", "EXPORT", "/calendar.ics", [], 1),
        ("public", "FORBIDDEN", "files", [], 1),
        ("leader", "FORBIDDEN", "files/reports", [], 1),
    ]


async def test_looking_at_a_sealed_box_is_noted_and_raters_are_not(
    accounted: Insider, clock: SimulatedClock
) -> None:
    room = await hall(accounted, clock)
    for n in range(5):
        await room.collect(n)
    await room.barrier()
    await room.cast_all()
    query = "query ($id: ID!) { ratingBox(id: $id) { phase units { count } } }"
    await accounted.ask(query, {"id": room.id}, role=INSPECTOR)
    before = [n for n in await noted(accounted) if n["kind"] == "SEALED"]
    await room.seal()
    await accounted.ask(query, {"id": room.id}, role=INSPECTOR)
    await accounted.ask(query, {"id": room.id}, role=PUBLIC)
    assert (await room.get("sealed.json"))[0] == 200
    found = [n for n in await noted(accounted) if n["kind"] == "SEALED"]
    assert before == []
    assert told(found) == [("inspector", "SEALED", "Query.ratingBox", [str(room.box)], 1)]
