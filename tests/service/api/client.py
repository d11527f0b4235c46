"""A client of the service under test: who asks, what, and what came back."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from service.app import Application
from service.config import Settings
from service.identity import Role
from service.serving import answering
from service.tokens import own_key, signed
from tests.patience import PATIENCE_S

GRAPHQL = "application/graphql-response+json"
# For idempotency keys: of several clients too, no two are alike.
NUMBERS = count(1)
SEEN_SECONDS = 10.0


@dataclass(frozen=True)
class Person:
    """Somebody who asks; a reporter's unit, a supervisor's group and an official by their codes."""

    role: Role
    unit: str | None = None
    group: str | None = None
    official: str | None = None

    @property
    def name(self) -> str:
        return ":".join(filter(None, (self.role.value.lower(), self.unit, self.group, self.official)))


OFFICE = Person(Role.OFFICE)
EVALUATOR = Person(Role.EVALUATOR)
INSPECTOR = Person(Role.INSPECTOR)
LEADER = Person(Role.LEADER)
INTEGRATOR = Person(Role.INTEGRATOR)
PUBLIC = Person(Role.PUBLIC)


def reporter(unit: str) -> Person:
    return Person(Role.REPORTER, unit=unit)


def supervisor(group: str) -> Person:
    return Person(Role.SUPERVISOR, group=group)


def an_official(code: str) -> Person:
    return Person(Role.OFFICIAL, official=code)


def person(role: Role) -> Person:
    """Somebody with the role."""
    match role:
        case Role.REPORTER:
            return reporter("dept.water")
        case Role.SUPERVISOR:
            return supervisor("group.1")
        case Role.OFFICIAL:
            return an_official("o4")  # who led the unit of the reporter until March 2020
        case _:
            return Person(role)


class Client:
    """Asks over HTTP, with a token for whoever asks."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings):
        self.http = http
        self.settings = settings
        self._key = own_key(settings.data)
        self._tokens: dict[Person, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    def token(self, who: Person) -> str:
        if who not in self._tokens:
            self._tokens[who] = signed(
                self._key,
                issuer=self.settings.issuer,
                audience=self.settings.audience,
                who=who.name,
                role=who.role,
                unit=who.unit,
                group=who.group,
                official=who.official,
            )
        return self._tokens[who]

    def headers(self, who: Person, **others: str) -> dict[str, str]:
        headers = {"accept": GRAPHQL, "content-type": "application/json"}
        if who.role is not Role.PUBLIC:
            headers["authorization"] = f"Bearer {self.token(who)}"
        return headers | {name.replace("_", "-"): value for name, value in others.items()}

    async def post(self, body: Any, role: Person = OFFICE, **headers: str) -> httpx.Response:
        """The response to a request's body: bytes as they are, everything else as JSON."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self.http.post("/graphql", content=content, headers=self.headers(role, **headers))

    async def answer(
        self, query: str, variables: dict[str, Any] | None = None, role: Person = OFFICE, **others: Any
    ) -> dict[str, Any]:
        """The whole answer, data and errors."""
        response = await self.post({"query": query, "variables": variables, **others}, role)
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(
        self, query: str, variables: dict[str, Any] | None = None, role: Person = OFFICE, **others: Any
    ) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.answer(query, variables, role, **others)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def codes(
        self, query: str, variables: dict[str, Any] | None = None, role: Person = OFFICE, **others: Any
    ) -> list[str]:
        """The codes of an answer's errors."""
        answer = await self.answer(query, variables, role, **others)
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    async def send(
        self, mutation: str, input: dict[str, Any], selection: str = "", role: Person = OFFICE
    ) -> dict[str, Any]:
        """The whole answer of a mutation. A key is made up where the input has none."""
        title = mutation[0].upper() + mutation[1:]
        payload = f"... on Recorded {{ position }} {selection}"
        query = (
            f"mutation ($input: {title}Input!) {{ {mutation}(input: $input) {{ __typename"
            f" ... on Refused {{ code messageZh messageEn field article }} {payload} }} }}"
        )
        keyed = {"idempotencyKey": f"{role.name}:{next(NUMBERS):08}", **input}
        return await self.answer(query, {"input": keyed}, role)

    async def give(
        self, mutation: str, input: dict[str, Any], selection: str = "", role: Person = OFFICE
    ) -> dict[str, Any]:
        """The payload of a mutation that is neither refused nor in error."""
        answer = await self.send(mutation, input, selection, role)
        assert "errors" not in answer, answer["errors"]
        result: dict[str, Any] = answer["data"][mutation]
        assert result["__typename"] != "Refused", result
        return result

    async def refused(self, mutation: str, input: dict[str, Any], role: Person = OFFICE) -> dict[str, Any]:
        """What a mutation was refused with."""
        answer = await self.send(mutation, input, "", role)
        assert "errors" not in answer, answer["errors"]
        result: dict[str, Any] = answer["data"][mutation]
        assert result["__typename"] == "Refused", result
        return result


class Insider(Client):
    """A client of an application in this process, asked through its ASGI callable."""

    def __init__(self, app: Application):
        self.app = app
        transport = httpx.ASGITransport(app=answering(app), raise_app_exceptions=True)
        super().__init__(httpx.AsyncClient(transport=transport, base_url="http://duban.test"), app.settings)

    async def position(self) -> int:
        """The last position of the log."""
        return await self.app.recorder.max_notification_id() or 0

    async def send(
        self, mutation: str, input: dict[str, Any], selection: str = "", role: Person = OFFICE
    ) -> dict[str, Any]:
        """As any client's; and what is asked next sees what was recorded, without naming its position."""
        answer = await super().send(mutation, input, selection, role)
        result = (answer.get("data") or {}).get(mutation) or {}
        if "position" in result:
            # Where a test has stopped the tables, there is nothing to see.
            with suppress(TimeoutError):
                await self.app.runner.wait_for(result["position"], SEEN_SECONDS)
        return answer

    async def settled(self) -> None:
        """Return once the read tables show all that the log holds."""
        await self.app.runner.wait_for(await self.position(), PATIENCE_S)
