"""The inspectorate's issuer (监察签发方): a process of its own, with its own database and keys.

It certifies what the service certifies, so that neither mints a ballot alone. It knows the roll of each box
from the service, and gives every rater a code of its own (`duban issuer codes`), which an inspector hands
out at the door: for those who do not come, the service never learns a code, and has nothing to mint with.
Cards share one code, good for so many cards as the inspector has allowed.

It keeps what the service keeps while raters collect (the digest of one blinded message for each rater and
unit), in the same tables of another database, and destroys its keys when the service has sealed the box.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid5

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.refusal import Refusal
from service import BadInput
from service.ballots.blind_rsa import SIGNATURE_BYTES
from service.ballots.encodings import base64_of, code_digest, new_code, octets_of
from service.ballots.issuers import INSPECTORATE, ServiceIssuer
from service.ballots.keys import IssuerKeys
from service.ballots.urn import Urns
from service.config import Settings
from service.logs import configure_logging
from service.store.database import Database
from service.store.migrate import migrate

# Once codes are given out the roll stays: whoever is added to it would count as no card any more.
ENROL = """
insert into ballots.rater (box, rater, way)
select $1, who, 'phone' from unnest($2::uuid[]) who
where not exists (select from ballots.rater r where r.box = $1 and r.code is not null)
on conflict do nothing"""
ON_ROLL = "select exists (select from ballots.rater where box = $1 and rater = $2)"
ROLL = "select rater from ballots.rater where box = $1 and way = 'phone' order by rater"
GIVE_CODE = "update ballots.rater set code = $3 where box = $1 and rater = $2"
ALLOW_CARDS = """
insert into ballots.rater (box, rater, way, code) values ($1, $2, 'card', $3)
on conflict (box, rater) do update set code = excluded.code"""
LIMIT_CARDS = "update ballots.box set cards_printed = $2 where box = $1"
CARDS_ISSUED = """
select count(distinct holder) from ballots.issued i where box = $1 and holder <> $2
    and not exists (select from ballots.rater r where r.box = i.box and r.rater = i.holder)"""
FORGET = ("delete from ballots.issued where box = $1", "delete from ballots.rater where box = $1")

MOST_BYTES = 2_000_000


class Inspectorate:
    """The issuer at work."""

    def __init__(self, database: Database, settings: Settings):
        self.database = database
        self.urns = Urns(database)
        self.keys = IssuerKeys(database, settings.data)
        self._issuer = ServiceIssuer(self.keys)
        # One process: so many cards and no more, also when they are asked for at once.
        self._cards = asyncio.Lock()

    async def open(self, box: UUID, units: list[UUID], roll: list[UUID]) -> dict[UUID, bytes]:
        """Enrol the roll and make the keys; asked again, the same keys, and once there are codes the same
        roll."""
        await self.urns.begin(box)
        await self.database.execute(ENROL, box, roll)
        return await self.keys.public(box, units)

    async def codes(self, box: UUID, cards: int) -> tuple[dict[UUID, str], str | None]:
        """New codes for everybody on the roll, and one for so many cards."""
        rows = await self.database.fetch(ROLL, box)
        if not rows:
            raise BadInput(f"the service has opened no box {box} here")
        given = {row["rater"]: new_code() for row in rows}
        for rater, code in given.items():
            await self.database.execute(GIVE_CODE, box, rater, code_digest(code))
        if not cards:
            return given, None
        of_cards = new_code()
        await self.database.execute(LIMIT_CARDS, box, cards)
        await self.database.execute(ALLOW_CARDS, box, _cards(box), code_digest(of_cards))
        return given, of_cards

    async def issue(
        self, box: UUID, holder: UUID, code: str, blinded: dict[UUID, bytes]
    ) -> dict[UUID, bytes]:
        """Blind signatures for whoever shows the code of this holder, or that of cards, which certifies for
        nobody on the roll: the service knows it. Refusal else."""
        known = await self.urns.holder(box, code_digest(code))
        if known == _cards(box):
            if await self.database.fetchval(ON_ROLL, box, holder):
                raise Refusal("rating.code_wrong", field="code")
            async with self._cards:
                _, allowed = await self.urns.phase(box)
                issued = await self.database.fetchval(CARDS_ISSUED, box, holder)
                if issued >= allowed:
                    raise Refusal("rating.code_wrong", field="code")
                return await self._issued(box, holder, blinded)
        if known is None or known != holder:
            raise Refusal("rating.code_wrong", field="code")
        return await self._issued(box, holder, blinded)

    async def _issued(self, box: UUID, holder: UUID, blinded: dict[UUID, bytes]) -> dict[UUID, bytes]:
        digests = {(unit, INSPECTORATE): hashlib.sha256(m).digest() for unit, m in sorted(blinded.items())}
        match await self.urns.issue(box, holder, digests):
            case "closed":
                raise Refusal("rating.collection_closed", field="box")
            case "issued":
                return await self._issuer.sign(box, holder, None, blinded)
        raise Refusal("rating.issued_already", field="blinded")

    async def destroy(self, box: UUID) -> None:
        await self.urns.drop(box)
        await self.keys.destroy(box)
        for statement in FORGET:
            await self.database.execute(statement, box)


def answering(inspectorate: Inspectorate, token: str) -> Starlette:
    """Its paths; only the service, which shows the token, is answered. Nothing is logged of a request."""

    async def opened(box: UUID, body: Any) -> Any:
        keys = await inspectorate.open(box, _uuids(body["units"]), _uuids(body["roll"]))
        return {"keys": {str(unit): base64_of(key) for unit, key in keys.items()}}

    async def issued(box: UUID, body: Any) -> Any:
        blinded = {
            UUID(unit): octets_of(text, SIGNATURE_BYTES) or b"" for unit, text in body["blinded"].items()
        }
        signed = await inspectorate.issue(box, UUID(body["holder"]), str(body["code"]), blinded)
        return {"signatures": {str(unit): base64_of(signature) for unit, signature in signed.items()}}

    async def destroyed(box: UUID, body: Any) -> Any:
        await inspectorate.destroy(box)
        return {}

    def route(name: str, answer: Callable[[UUID, Any], Awaitable[Any]]) -> Route:
        async def endpoint(request: Request) -> Response:
            shown = request.headers.get("authorization", "")
            if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
                return _json({"refused": "UNAUTHENTICATED"}, 401)
            try:
                return _json(await answer(request.path_params["box"], orjson.loads(await _body(request))))
            except Refusal as refusal:
                return _json({"refused": refusal.code}, 409)
            except (KeyError, TypeError, AttributeError, ValueError):
                return _json({"refused": "MALFORMED"}, 400)

        return Route(f"/boxes/{{box:uuid}}/{name}", endpoint, methods=["POST"])

    return Starlette(routes=[route("open", opened), route("issue", issued), route("destroy", destroyed)])


def serve(settings: Settings) -> None:
    """Certify until interrupted."""
    token = _token(settings)
    configure_logging(settings.log_level)
    asyncio.run(_serve(settings, token))


async def _serve(settings: Settings, token: str) -> None:
    async with await _opened(settings) as database:
        config = uvicorn.Config(
            answering(Inspectorate(database, settings), token),
            host=settings.host,
            port=settings.port,
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
        )
        print(f"the inspectorate's issuer (监察签发方) on http://{settings.host}:{settings.port}", flush=True)
        await uvicorn.Server(config).serve()


def print_codes(settings: Settings, box: str, cards: int) -> None:
    """Print the codes of a box, to be cut up and handed to the raters at the door."""
    try:
        key = UUID(box.removeprefix("rating:"))
    except ValueError:
        raise BadInput(f"{box!r} is no rating box") from None
    given, of_cards = asyncio.run(_codes(settings, key, cards))
    for rater, code in given.items():
        print(f"{rater} {code}")
    if of_cards is not None:
        print(f"{cards} cards {of_cards}")


async def _codes(settings: Settings, box: UUID, cards: int) -> tuple[dict[UUID, str], str | None]:
    async with await _opened(settings) as database:
        return await Inspectorate(database, settings).codes(box, cards)


async def _opened(settings: Settings) -> Database:
    assert settings.database_url is not None
    await migrate(settings.database_url)
    return await Database.open(settings.database_url, size=4, time_zone=settings.time_zone.key)


def _token(settings: Settings) -> str:
    if settings.inspectorate_token is None:
        raise BadInput("set DUBAN_INSPECTORATE_TOKEN, the same for the service and its issuer")
    return settings.inspectorate_token


def _cards(box: UUID) -> UUID:
    """Stands for all cards of a box, which are nobody's."""
    return uuid5(box, "cards")


def _uuids(given: list[str]) -> list[UUID]:
    return [UUID(each) for each in given]


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise ValueError("the body is too large")
    return body


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
