"""`duban log …` and `duban witness`: what is said on the command line, and what is answered there.

Rooms are imported by the command that needs them. `verify` needs no settings and no database: it is what an
inspector runs elsewhere.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service import BadInput, Failure
from service.cli.running import progress
from service.config import Settings
from service.embedded import database

if TYPE_CHECKING:
    from service.app import Application
    from service.log.keys import SigningKeys
    from service.log.signer import Signer
    from service.store.database import Database
    from service.tlog.checkpoint import Checkpoint
    from service.tlog.note import PublicKey

Command = Callable[[argparse.Namespace, Settings], None]

WITNESS_DIRECTORY = Path(".duban-witness")


def add_log_commands(parser: argparse.ArgumentParser) -> None:
    """What `duban log` can do."""
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(log_command=run)
        return added

    sign = command("sign", _sign, "Sign a checkpoint (检查点) of the log now, and have it cosigned.")
    sign.add_argument(
        "--follow", action="store_true", help="and go on, one every 10 seconds, until interrupted"
    )

    doctor = command("doctor", _doctor, "Compare everything that should agree, and say what differs (自查).")
    doctor.add_argument(
        "--without-projections", action="store_true", help="leave out the read tables, built anew to compare"
    )

    export = command("export", _export, "Write checkpoint, tiles, entries and vkey to a directory.")
    export.add_argument("directory", metavar="DIR", type=Path, help="new, or one of an earlier export")
    export.add_argument(
        "--events",
        action="store_true",
        help="and the events themselves (not for everyone): what ratings and draws are checked from",
    )

    verify = command(
        "verify", _verify, "Verify a log, or a .tlog-proof, from nothing but public keys (验证)."
    )
    verify.add_argument(
        "place", metavar="DIR|URL|FILE", help="an export, …/log of a service, or a .tlog-proof"
    )
    verify.add_argument(
        "--key",
        metavar="VKEY",
        action="append",
        default=[],
        help="a public key of the log, or a file of them; without one: the vkey found at the place",
    )
    verify.add_argument(
        "--witness",
        metavar="VKEY",
        action="append",
        default=[],
        help="a witness that must have cosigned, or a file of them",
    )
    verify.add_argument(
        "--from",
        dest="since",
        metavar="CHECKPOINT",
        type=Path,
        help="an earlier checkpoint, which the log must go on from; entries are read behind it",
    )
    verify.add_argument("--whole", action="store_true", help="read all entries nevertheless")
    verify.add_argument(
        "--resume", metavar="FILE", type=Path, help="keeps how far verification has come, and begins there"
    )
    verify.add_argument("--token", help="for a service whose entries are not public")

    proof = command("proof", _proof, "Write the proof (.tlog-proof) that an event is in the log.")
    proof.add_argument("position", metavar="POSITION", type=int, help="the event's place in the log")
    proof.add_argument("file", metavar="FILE", type=Path, nargs="?", help="none: print")

    command("vkey", _vkey, "Print the public key (vkey) that this log signs with.")
    command("new-key", _new_key, "Print a new signing key (签名密钥), for DUBAN_LOG_KEY.")
    command("rotate", _rotate, "Make a new signing key; the hand-over checkpoint carries both signatures.")


def run_log_command(options: argparse.Namespace, settings: Settings) -> None:
    from service.tlog.note import BadNote

    try:
        options.log_command(options, settings)
    except BadNote as error:
        raise Failure(str(error)) from None


def add_witness_options(parser: argparse.ArgumentParser) -> None:
    """What `duban witness` can be told."""
    name = "duban.local/witness"
    parser.add_argument("--name", metavar="NAME", default=name, help=f"name of its key (default: {name})")
    parser.add_argument(
        "--log",
        metavar="VKEY",
        action="append",
        default=[],
        help="a public key of the log, or a file of them",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        default=WITNESS_DIRECTORY,
        help=f"its key, what it cosigned, what it refused (default: {WITNESS_DIRECTORY})",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8100, help="port to listen on (default: 8100)")
    parser.add_argument(
        "--show", action="store_true", help="tell what was cosigned and refused, and end; 1 if anything was"
    )


def _port(text: str) -> int:
    # The event loop would take 65537 for 1.
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def run_witness(options: argparse.Namespace, _: Settings) -> None:
    from service.log.keys import read_vkeys
    from service.log.witness import Witness
    from service.log.witness_server import serve, told
    from service.logs import configure_logging
    from service.tlog.note import LOG_KEY, BadNote

    if not options.log and not options.show:
        raise BadInput("--log says whose checkpoints are cosigned: the vkey of the log")
    try:
        witness = Witness(options.directory, options.name, read_vkeys(options.log, LOG_KEY))
    except BadNote as error:
        raise Failure(f"{options.directory}: {error}") from None
    if options.show:
        print(told(witness), end="")
        if any(not refused["settled"] for refused in witness.refusals()):
            raise SystemExit(1)
        return
    configure_logging("info")

    def greet(port: int) -> None:
        print(
            f"{told(witness)}\nCosigns at http://{options.host}:{port}/add-checkpoint; tell the log:\n"
            f"DUBAN_LOG_WITNESSES='http://{options.host}:{port} {witness.key.public.vkey}'",
            flush=True,
        )

    serve(witness, options.host, options.port, greet)


# -- with the database


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator["tuple[Database, Signer]"]:
    """The log's database, and its signer."""
    from service.log.sealing import signer_of
    from service.store.database import Database
    from service.store.migrate import prepare

    await prepare(settings)
    assert settings.database_url is not None
    async with await Database.open(settings.database_url, size=1) as opened:
        yield opened, signer_of(settings, opened)


def _sign(options: argparse.Namespace, settings: Settings) -> None:
    from service.logs import configure_logging

    configure_logging(settings.log_level)
    with database(settings) as complete:
        asyncio.run(_signed(complete, options.follow))


async def _signed(settings: Settings, follow: bool) -> None:
    from service.log.cosigning import cosign, known
    from service.log.sealing import keep_sealed

    witnesses = known(settings.log_witnesses)
    async with _opened(settings) as (opened, signer):
        if follow:
            await keep_sealed(signer, opened, witnesses)
        checkpoint = await signer.seal()
        await cosign(opened, witnesses)
        print(f"{checkpoint.size} events are sealed", file=sys.stderr)


def _doctor(options: argparse.Namespace, settings: Settings) -> None:
    from service.log.doctor import TOLD_OF_EACH, examined

    with database(settings) as complete, progress("doctor") as told:
        report = asyncio.run(examined(complete, not options.without_projections, told))
    for finding in report.findings:
        print(finding)
    for part, count in report.counts.items():
        if count > TOLD_OF_EACH:
            print(f"{part}: {count - TOLD_OF_EACH} more")
    if report.counts:
        raise Failure(f"{report.counts.total()} differences in a log of {report.events} events")
    print(f"everything agrees: {report.events} events")


def _export(options: argparse.Namespace, settings: Settings) -> None:
    with database(settings) as complete:
        written = asyncio.run(_exported(complete, options.directory, options.events))
    print(f"{written} files written to {options.directory}", file=sys.stderr)


async def _exported(settings: Settings, directory: Path, events: bool) -> int:
    from service.log.export import export

    async with _accounted(settings, "events" if events else "log") as app:
        checkpoint, keys = await _sealed(app)
        if events:
            from service.ballots import archive, lines

            await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
            await lines.write(app.database, directory / archive.EVENTS, checkpoint.size)
        with progress("export") as told:
            return await export(app.database, checkpoint, keys, directory, told)


@asynccontextmanager
async def _accounted(settings: Settings, what: str) -> AsyncIterator["Application"]:
    """The application, in whose log of access it stands that something left it."""
    from service.app import Application

    async with Application.open(settings, follow=False) as app:
        app.access.exported("duban log export", what)
        yield app


async def _sealed(app: "Application") -> "tuple[Checkpoint, list[PublicKey]]":
    """The log as it stands, if it is signed here, and cosigned; otherwise the last checkpoint. With the keys
    that have signed."""
    from service.log import stored
    from service.log.cosigning import cosign, known
    from service.tlog.note import parse_vkey

    if app.signer is not None:
        await app.signer.seal()
        await cosign(app.database, known(app.settings.log_witnesses))
    # As it is stored, with its cosignatures.
    last = await stored.newest(app.database)
    if last is None:
        raise Failure("nothing is signed yet: run `duban log sign` where the key is")
    checkpoint = last.checkpoint
    rows = await app.database.fetch("select vkey from log.signer order by since desc")
    keys = [parse_vkey(row[0]) for row in rows]
    return checkpoint, [key for key in keys if checkpoint.note.signed_by(key) is not None]


def _proof(options: argparse.Namespace, settings: Settings) -> None:
    with database(settings) as complete:
        content = asyncio.run(_proved(complete, options.position))
    if options.file is None:
        sys.stdout.buffer.write(content)
    else:
        options.file.write_bytes(content)


async def _proved(settings: Settings, position: int) -> bytes:
    from service.log.proving import tlog_proof

    async with _accounted(settings, "log") as app:
        checkpoint, _ = await _sealed(app)
        if not 0 < position <= checkpoint.size:
            raise BadInput(f"no signed event has position {position}: they are 1 to {checkpoint.size}")
        return (await tlog_proof(app.database, position, checkpoint)).encode()


def _vkey(_: argparse.Namespace, settings: Settings) -> None:
    from service.log.keys import signing_keys

    key = signing_keys(settings).current.public
    print(key.vkey)
    # What is posted in the hall, and compared with what a rater's page shows.
    print(f"fingerprint (校验码): {key.fingerprint}", file=sys.stderr)


def _new_key(_: argparse.Namespace, settings: Settings) -> None:
    from service.log.keys import require_origin
    from service.tlog.note import LOG_KEY, PrivateKey

    require_origin(settings.log_origin)
    print(PrivateKey.generate(settings.log_origin, LOG_KEY).encode())


def _rotate(_: argparse.Namespace, settings: Settings) -> None:
    from service.log.keys import rotate

    with database(settings) as complete:
        asyncio.run(_sealed_with(complete))
        keys = rotate(complete)
        asyncio.run(_sealed_with(complete))
    _tell_rotation(keys)


async def _sealed_with(settings: Settings) -> None:
    """Seal with the keys as they are now; a process that serves meanwhile takes them up by itself."""
    async with _opened(settings) as (_, signer):
        await signer.seal()


def _tell_rotation(keys: "SigningKeys") -> None:
    assert keys.old is not None
    print("The hand-over checkpoint is signed with both keys. Give the new vkey to whoever verifies:")
    print(keys.current.public.vkey)
    print(f"(until now: {keys.old.public.vkey})")


# -- from nothing but public keys


def _verify(options: argparse.Namespace, _: Settings) -> None:
    from service.log.keys import read_vkeys
    from service.log.verify import Trust, Wrong
    from service.tlog.note import LOG_KEY, WITNESS_KEY, BadNote

    logging.getLogger().setLevel(logging.ERROR)
    keys, witnesses = read_vkeys(options.key, LOG_KEY), read_vkeys(options.witness, WITNESS_KEY)
    place = Path(options.place)
    try:
        if "://" not in options.place and place.is_file():
            _verify_proof(place, Trust(keys, witnesses))
        else:
            _verify_log(options, keys, witnesses)
    except BadNote as error:
        raise Wrong(str(error)) from None


def _verify_log(
    options: argparse.Namespace, keys: "tuple[PublicKey, ...]", witnesses: "tuple[PublicKey, ...]"
) -> None:
    from service.log.sources import own_keys, source_of
    from service.log.verify import Trust, verify

    source = source_of(options.place, options.token)
    try:
        if not keys:
            keys = own_keys(source)
            print("The key comes with the log. Compare it with the one that you were given:")
            print("\n".join(f"  {key.vkey}" for key in keys))
        since = None if options.since is None else _earlier(options.since, keys)
        with progress("verify") as told:
            done = verify(
                source,
                Trust(keys, witnesses),
                since=since,
                whole=options.whole,
                kept=options.resume,
                progress=told,
            )
    finally:
        source.close()
    size = done.checkpoint.size
    print(f"{done.checkpoint.tree.origin}: {size} events are what was signed.")
    if done.first > 1:
        print(f"Entries were read from position {done.first} on; those before were verified earlier.")
    for name in done.witnesses:
        print(f"Cosigned by {name}.")


def _earlier(path: Path, keys: "tuple[PublicKey, ...]") -> "Checkpoint":
    from service.log.verify import Wrong
    from service.tlog.checkpoint import opened
    from service.tlog.note import BadNote

    try:
        return opened(path.read_bytes(), keys)
    except OSError as error:
        raise BadInput(f"--from: {path} cannot be read: {error.strerror}") from None
    except BadNote as error:
        raise Wrong(f"--from: {path} is no checkpoint of this log: {error}") from None


def _verify_proof(path: Path, trust: object) -> None:
    from service.log.verify import Trust, Wrong
    from service.tlog.tlog_proof import verified

    assert isinstance(trust, Trust)
    if not trust.keys:
        raise BadInput("a proof carries no key: give the log's public key with --key")
    proof = verified(path.read_bytes(), trust.keys)
    for key in trust.witnesses:
        if proof.checkpoint.note.signed_by(key) is None:
            raise Wrong(f"the checkpoint is not cosigned by {key.name}")
    print(f"{proof.checkpoint.tree.origin}: the event at position {proof.index + 1} is in the signed log:")
    print((proof.extra or b"").decode("utf-8", "replace"))
