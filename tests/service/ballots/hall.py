"""A hall full of raters: a review meeting with drawn units, and a rating box for them.

Everything goes through mutations and the plain paths, as clients do it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain import identifiers
from domain.rating_box import Ballot
from service.ballots.boxes import Terms
from service.ballots.cards import read_seed
from service.ballots.client import Card, Rater
from service.ballots.encodings import base64_of, octets_of
from service.ballots.state import ballot_json
from service.store.clock import SimulatedClock
from tests.service.api.city import official, unit
from tests.service.api.client import EVALUATOR, OFFICE, Insider

GRADES = ("excellent", "good", "fair", "poor")
UNITS = {
    **{f"county.{n}": ("县", "COUNTY") for n in range(1, 6)},
    **{f"zone.{n}": ("开发区", "ZONE") for n in range(1, 4)},
    **{f"dept.{n}": ("局", "DEPARTMENT") for n in range(1, 6)},
}
SOURCES = [
    {"name": "福利彩票", "numbers": ["9", "18", "26", "34", "41", "45"]},
    {"name": "骰子", "numbers": ["3"]},
]


ONE_EACH = [{"category": category, "units": 1} for category in ("COUNTY", "ZONE")]

NOWHERE = UUID(int=0)


@dataclass
class Hall:
    """A meeting and its box; `codes` are those of raters who were checked in."""

    client: Insider
    clock: SimulatedClock
    attendees: int
    box: UUID = NOWHERE
    meeting: str = ""
    raters: dict[int, Rater] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    seeds: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"rating:{self.box}"

    @property
    def app(self) -> Any:
        return self.client.app

    async def terms(self) -> Terms:
        terms: Terms = await self.app.ballots.terms(self.box)
        return terms

    # -- the meeting

    async def found(self) -> "Hall":
        for code, (name, category) in UNITS.items():
            await self.client.give(
                "registerUnit", {"code": code, "name": f"{name}{code[-1]}", "category": category}
            )
        for n in range(self.attendees):
            await self.client.give("registerOfficial", {"code": f"r{n}", "name": f"评估人{n}"})
        return self

    async def meet(
        self, code: str = "2020-05", quotas: Sequence[dict[str, Any]] = (), period: str = "2020-05"
    ) -> "Hall":
        """Schedule, freeze, draw."""
        await self.schedule(code, period)
        await self.freeze(quotas)
        await self.draw()
        return self

    async def schedule(self, code: str = "2020-05", period: str = "2020-05") -> None:
        scheduled = {"code": code, "title": f"{code}点评会", "period": period, "heldOn": "2020-05-29"}
        attendees = [official(f"r{n}") for n in range(self.attendees)]
        await self.client.give("scheduleReviewMeeting", {**scheduled, "attendees": attendees})
        self.meeting = f"meeting:{identifiers.meeting_id(code)}"

    async def freeze(self, quotas: Sequence[dict[str, Any]] = ()) -> None:
        named = [source["name"] for source in SOURCES]
        rule = {"edition": "试行", "quotas": list(quotas)} if quotas else {}
        await self.client.give("freezeCandidates", {"meeting": self.meeting, "sources": named, **rule})

    async def draw(self) -> None:
        await self.client.give("drawUnits", {"meeting": self.meeting, "sources": SOURCES})

    async def open(self, code: str = "box", **changes: Any) -> "Hall":
        """Open a box for the meeting."""
        closes = (self.clock.now() + timedelta(hours=2)).isoformat()
        given = {"code": code, "title": "五月评估", "meeting": self.meeting, "closesAt": closes, **changes}
        await self.client.give("openRating", given, role=EVALUATOR)
        self.box = identifiers.rating_id(code)
        return self

    # -- collecting

    def rater_id(self, n: int) -> str:
        return f"rater:{identifiers.official_id(f'r{n}')}"

    async def check_in(self, n: int) -> str:
        given = {"box": self.id, "rater": self.rater_id(n)}
        answer = await self.step("checkInRater", given, "code", EVALUATOR)
        self.codes[n] = answer["code"]
        return self.codes[n]

    async def collect(self, n: int) -> Rater:
        """Rater n checks in, and collects with a phone."""
        if n not in self.codes:
            await self.check_in(n)
        rater = self.raters.setdefault(n, Rater(await self.terms()))
        status, body = await self.post("collect", self.collecting(rater, self.codes[n]))
        assert status == 200, body
        rater.take(signatures_in(body))
        return rater

    def collecting(self, rater: Rater, code: str, **more: Any) -> dict[str, Any]:
        blinded: dict[str, dict[str, str]] = {}
        for (unit_id, issuer), message in rater.blinded().items():
            blinded.setdefault(str(unit_id), {})[issuer] = base64_of(message)
        return {"code": code, "blinded": blinded, **more}

    async def print_cards(self, count: int, **more: Any) -> list[str]:
        given = {"box": self.id, "count": count, **more}
        printed = await self.step("printCards", given, "seeds", EVALUATOR)
        self.seeds += printed["seeds"]
        return list(printed["seeds"])

    async def hand_out(self, *raters: int) -> None:
        given = {"box": self.id, "raters": [self.rater_id(n) for n in raters]}
        await self.step("handOutCards", given, "handedOut", EVALUATOR)

    async def barrier(self, returned: int = 0) -> None:
        await self.client.give("closeCollection", {"box": self.id, "cardsReturned": returned}, role=EVALUATOR)

    # -- casting

    async def card(self, seed: str) -> Card:
        status, body = await self.get("bundles.json")
        assert status == 200
        found = {any_octets(i): any_octets(b) for i, b in body["bundles"].items()}
        return Card(await self.terms(), read_seed(seed), found)

    async def cast(self, unit_id: UUID, ballot: Ballot) -> tuple[int, Any]:
        """Status and body."""
        return await self.post("cast", {"unit": str(unit_id), **ballot_json(ballot)})

    async def cast_all(self, grade_of: Any = None) -> None:
        """Everybody with a phone casts for every unit."""
        terms = await self.terms()
        for n, rater in self.raters.items():
            for i, unit_id in enumerate(terms.unit_ids):
                grade = GRADES[(n + i) % 4] if grade_of is None else grade_of(n, i)
                status, body = await self.cast(unit_id, rater.ballot(unit_id, grade))
                assert (status, body) == (200, {"cast": "ACCEPTED"})

    # -- the end

    async def seal(self) -> dict[str, Any]:
        return await self.client.give("sealRating", {"box": self.id}, role=EVALUATOR)

    async def finish(self, unused: Sequence[str] = ()) -> None:
        """Seal, destroy, reveal, publish."""
        await self.seal()
        await self.client.give("destroyIssuerKeys", {"box": self.id})
        if unused:
            await self.client.give("revealUnusedCards", {"box": self.id, "seeds": list(unused)})
        await self.client.give("publishRatingResults", {"box": self.id})

    # -- asking

    async def step(
        self, name: str, given: dict[str, Any], selection: str, role: Any = OFFICE
    ) -> dict[str, Any]:
        answer = await self.take(name, given, selection, role)
        assert answer["__typename"] != "Refused", answer
        return answer

    async def take(
        self, name: str, given: dict[str, Any], selection: str, role: Any = OFFICE
    ) -> dict[str, Any]:
        """A step and its answer, which may be `Refused`."""
        title, payload = name[0].upper() + name[1:], PAYLOADS[name]
        query = (
            f"mutation ($input: {title}Input!) {{ {name}(input: $input) {{ __typename"
            f" ... on Refused {{ code field }} ... on {payload} {{ {selection} }} }} }}"
        )
        data = await self.client.ask(query, {"input": given}, role)
        taken: dict[str, Any] = data[name]
        return taken

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        response = await self.client.http.post(f"/rate/{self.box}/{path}", json=body)
        return response.status_code, response.json()

    async def get(self, path: str) -> tuple[int, Any]:
        response = await self.client.http.get(f"/rate/{self.box}/{path}")
        return response.status_code, response.json()


PAYLOADS = {
    "checkInRater": "CheckedIn",
    "handOutCards": "CardsHandedOut",
    "takeCardBack": "CardsHandedOut",
    "printCards": "CardsPrinted",
    "collectCredentials": "CredentialsIssued",
    "castBallot": "BallotCast",
}


def refusal_in(body: Any) -> str:
    code: str = body["refused"]["code"]
    return code


def signatures_in(body: Any) -> dict[tuple[UUID, str], bytes]:
    return {
        (UUID(unit_id), issuer): any_octets(signature)
        for unit_id, by_issuer in body["signatures"].items()
        for issuer, signature in by_issuer.items()
    }


def any_octets(text: str) -> bytes:
    octets = octets_of(text, len(text) * 3 // 4 - text.count("="))
    assert octets is not None
    return octets


async def hall(client: Insider, clock: SimulatedClock, attendees: int = 8) -> Hall:
    """A hall with a box of one unit of each category, in which raters collect."""
    founded = await Hall(client, clock, attendees).found()
    return await (await founded.meet(quotas=ONE_EACH)).open()


__all__ = ["GRADES", "ONE_EACH", "Hall", "hall", "refusal_in", "unit"]
