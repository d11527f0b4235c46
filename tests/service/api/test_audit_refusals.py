"""Every refused attempt is an event of the access stream, whatever way it came by: the WebSocket and the event
stream of subscriptions, the pages of the log, the printing of cards."""

import asyncio
import json
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from service.identity import Role
from service.tokens import own_key, signed
from tests.patience import PATIENCE_S
from tests.service.api.client import INSPECTOR, PUBLIC, Person
from tests.service.api.served import Served
from tests.service.api.streams import INIT, TRANSPORTS, closed_with

NUMBERS = count(1)
BOX = UUID(int=1)


@dataclass(frozen=True)
class Somebody(Person):
    """Somebody of a name of their own, so that what is noted of them is a test's own."""

    number: int = 0

    @property
    def name(self) -> str:
        return f"attempt {self.number}"


def somebody(role: Role, **named: str) -> Somebody:
    return Somebody(role, **named, number=next(NUMBERS))


async def noted(service: Served, who: str, least: int = 1) -> list[tuple[Any, ...]]:
    """What is noted of an actor, once there is so much of it."""
    query = "query ($who: String!) { accesses(filter: {actor: $who}) { nodes { role kind what subjects times } } }"
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = (await service.ask(query, {"who": who}, INSPECTOR))["accesses"]["nodes"]
            if len(found) >= least:
                return [(n["role"], n["kind"], n["what"], n["subjects"], n["times"]) for n in found]
            await asyncio.sleep(0.05)


GIVEN = 'input: {code: "u", name: "u", category: ZONE, idempotencyKey: "refusal-1"}'
ATTEMPTS = [
    ("subscription { eventsAppended(after: 0) { position } }", Role.LEADER, "Subscription.eventsAppended"),
    ("subscription { eventsAppended(after: 0) { s: state } }", Role.INTEGRATOR, "Event.state"),
    (
        "subscription { taskChanged { task { lastReport { steps { actor } } } } }",
        Role.OFFICIAL,
        "ReportStep.actor",
    ),
    ("{ accesses { totalCount } }", Role.OFFICE, "Query.accesses"),
    ("{ viewer { role } accesses { totalCount } }", Role.OFFICE, "Query.accesses"),
    ('{ viewer { role } streamHistory(id: "directory") { kind } }', Role.LEADER, "Query.streamHistory"),
    (f"mutation {{ registerUnit({GIVEN}) {{ __typename }} }}", Role.EVALUATOR, "Mutation.registerUnit"),
]


@pytest.mark.parametrize(("query", "role", "what"), ATTEMPTS)
@pytest.mark.parametrize("over", TRANSPORTS.values(), ids=TRANSPORTS)
async def test_an_attempt_over_a_stream_is_noted(
    served_town: Served, over: Any, query: str, role: Role, what: str
) -> None:
    who = somebody(role, **({"official": "o1"} if role is Role.OFFICIAL else {}))
    async with over(served_town, query, None, who) as results:
        (answer,) = [result async for result in results]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await noted(served_town, who.name) == [(role, "FORBIDDEN", what, [], 1)]


def expired(service: Served, who: str) -> str:
    settings = service.settings
    return "Bearer " + signed(
        own_key(settings.data),
        issuer=settings.issuer,
        audience=settings.audience,
        who=who,
        role=Role.OFFICE,
        valid_seconds=-3600,
    )


@pytest.mark.parametrize(
    "way", ["handshake", "connection_init", "event stream", "request", "log", "cards", "file"]
)
async def test_a_token_of_yesterday_is_noted(served_town: Served, way: str) -> None:
    who = f"yesterday by {way}"
    bearer = {"authorization": expired(served_town, who)}
    http = served_town.http
    match way:
        case "handshake":
            assert await closed_with(served_town, INIT, **bearer) == 4403
        case "connection_init":
            init = json.dumps({"type": "connection_init", "payload": bearer})
            assert await closed_with(served_town, init) == 4403
        case "event stream":
            response = await http.post(
                "/graphql",
                json={"query": "{ __typename }"},
                headers={**bearer, "accept": "text/event-stream"},
            )
            assert response.status_code == 401
        case "request":
            assert (await http.post("/graphql", json={"query": "{"}, headers=bearer)).status_code == 401
        case "log":
            assert (await http.get("/log/proof/1", headers=bearer)).status_code == 401
        case "cards":
            assert (await http.post(f"/rate/{BOX}/cards.pdf", headers=bearer)).status_code == 401
        case "file":
            assert (await http.get("/files/ledger.csv", headers=bearer)).status_code == 401
    assert await noted(served_town, who) == [("*", "UNAUTHENTICATED", "", [], 1)]


PLACES = {
    "GET /log/proof/1": "log entries",
    "GET /log/tile/entries/000.p/1": "log entries",
    "GET /files/reports.xlsx": "files/reports",
    f"POST /rate/{BOX}/cards.pdf": "rate/print",
    f"POST /rate/{BOX}/code.svg": "rate/print",
}


@pytest.mark.parametrize(("place", "what"), PLACES.items())
async def test_an_attempt_at_a_page_is_noted(served_town: Served, place: str, what: str) -> None:
    method, _, path = place.partition(" ")
    who = somebody(Role.LEADER)
    for asking, status in ((who, 403), (PUBLIC, 401)):
        headers = {k: v for k, v in served_town.headers(asking).items() if k == "authorization"}
        response = await served_town.http.request(method, path, headers=headers)
        assert (response.status_code, response.headers.get("www-authenticate")) == (
            status,
            "Bearer" if asking is PUBLIC else None,
        )
    assert await noted(served_town, who.name) == [("LEADER", "FORBIDDEN", what, [], 1)]
    assert ("PUBLIC", "FORBIDDEN", what) in {entry[:3] for entry in await noted(served_town, "public")}
