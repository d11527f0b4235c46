"""The command line: `duban COMMAND`. One short function for each command; the work is done in the rooms.

Rooms are imported by the command that needs them, so that `duban --help` and `duban token` answer at once.
Exit codes: 0 done, 1 failed, 2 bad input, 130 interrupted. What a person can mend is told in one line; a
traceback means a fault of the program.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from service import BadInput, Failure
from service.cli.log import add_log_commands, add_witness_options, run_log_command, run_witness
from service.cli.running import progress, run
from service.config import Settings, settings
from service.embedded import database

DESCRIPTION = (
    "Duban (督办): a city's key tasks as a tamper-evident electronic ledger (电子台账), over GraphQL."
)
SCHEMA = Path("schema.graphql")
ISSUER = "The inspectorate's own issuer (监察签发方): its own process, database and keys."

Command = Callable[[argparse.Namespace, Settings], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = parsed(arguments)
    # A polite kill and a closed terminal end like Ctrl-C: connections closed, embedded database stopped.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    try:
        options.command(options, settings())
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`duban export | head`); nothing more can be said to it.
        with suppress(OSError):
            sys.stdout.close()
        return 1
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        print(f"duban: {error}", file=sys.stderr)
        return code
    return 0


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command with its options; what is left over is for `bench`, which has a command line of its own."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and options.command is not _bench:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options


def exit_code(error: Exception) -> int | None:
    """What an expected error ends with; None for a fault of the program."""
    from asyncpg import InterfaceError, PostgresError

    from domain.refusal import Refusal
    from service.plans.faults import PlanRefused
    from service.store.errors import Unstorable

    if isinstance(error, BadInput | Refusal | PlanRefused):
        return 2
    return 1 if isinstance(error, Failure | Unstorable | OSError | PostgresError | InterfaceError) else None


def parser() -> argparse.ArgumentParser:
    """The whole of the command line."""
    top = argparse.ArgumentParser(prog="duban", description=DESCRIPTION)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, handler: Command, text: str, own_help: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, add_help=own_help)
        added.set_defaults(command=handler)
        return added

    serve = command("serve", _serve, "Serve GraphQL until interrupted.")
    serve.add_argument(
        "--demonstration",
        action="store_true",
        help="load the demonstration year (演示) into an empty log first",
    )

    demo = command(
        "demo",
        _demo,
        "Load the plan of Weifang 2020 and a simulated year (演示) into an empty log.",
    )
    demo.add_argument("--if-empty", action="store_true", help="leave a log that holds other events alone")

    command("migrate", _migrate, "Create or update the log's tables; serving does it as well.")

    token = command("token", _token, "Print a bearer token (令牌), signed with the service's own key.")
    token.add_argument(
        "--role",
        required=True,
        type=str.upper,
        help="OFFICE 攻坚办, REPORTER 填报人, SUPERVISOR 督导评估组, EVALUATOR 评估人员, INSPECTOR 监察, "
        "LEADER 领导, OFFICIAL 干部本人 or INTEGRATOR 对接系统",
    )
    token.add_argument("--unit", metavar="CODE", help="the unit (单位) of a REPORTER")
    token.add_argument("--group", metavar="CODE", help="the supervision group (督导评估组) of a SUPERVISOR")
    token.add_argument("--official", metavar="CODE", help="the official (干部本人) of an OFFICIAL")
    token.add_argument("--who", metavar="NAME", help="who is named in the log; the role if not given")
    token.add_argument("--days", type=_positive, default=365, help="how long it is valid (default: 365)")

    importing = command("import", _import, "Take in a plan (方案): all of it, or nothing when a row is bad.")
    importing.add_argument("file", metavar="FILE", type=Path, help="a .yaml, .csv or .xlsx file")
    importing.add_argument(
        "--reports", action="store_true", help="progress reports (进度报送) in the sheet of export --reports"
    )

    export = command("export", _export, "Write the plan (方案) as it stands now, or the ledger (电子台账).")
    export.add_argument(
        "--as-listed", action="store_true", help="the plan without later changes, as import takes it in again"
    )
    export.add_argument("--events", action="store_true", help="the whole log, one event a line (JSON)")
    export.add_argument("--ledger", action="store_true", help="the ledger as it stands; .csv or .xlsx")
    export.add_argument("--problems", action="store_true", help="the problem list (问题清单); .csv or .xlsx")
    export.add_argument(
        "--obligations", action="store_true", help="the recurring duties (履职任务); .csv or .xlsx"
    )
    export.add_argument(
        "--reports", metavar="MONTH", help="the sheet for a month's progress reports (进度报送); .xlsx"
    )
    export.add_argument("--campaign", metavar="CODE", help="the ledger of one campaign (攻坚战) only")
    export.add_argument(
        "file", metavar="FILE", type=Path, nargs="?", help="the form follows its ending; none: print"
    )

    rebuild = command("rebuild", _rebuild, "Build read tables anew from the log, beside the live ones.")
    rebuild.add_argument("name", metavar="NAME", nargs="*", help="projections (default: all)")

    schema = command("schema", _schema, "Write schema.graphql, the printed form of the GraphQL schema.")
    schema.add_argument("--check", action="store_true", help="write nothing; fail when the file differs")

    log = command("log", run_log_command, "Sign, export and verify the tamper-evident log (防篡改日志).")
    add_log_commands(log)
    witness = command(
        "witness", run_witness, "Cosign the log's checkpoints: the inspectorate's process (见证)."
    )
    add_witness_options(witness)
    # meetings and ratings
    for name, handler, text in (
        ("rating", _verify_rating, "Check every rating box (票箱) of an exported log; needs no database."),
        ("draw", _verify_draw, "Repeat every draw (抽签, RFC 3797) of an exported log; needs no database."),
    ):
        verbs = commands.add_parser(name, help=text, description=text)
        verify = verbs.add_subparsers(title="commands", metavar="COMMAND", required=True)
        verb = verify.add_parser("verify", help=text, description=text)
        verb.add_argument(
            "place",
            metavar="DIR|FILE",
            type=Path,
            help="what `duban log export --events` wrote, or `duban export --events`",
        )
        _declare_keys(verb)
        verb.set_defaults(command=handler)
        if name == "rating":
            _declare_check(verify)
    _declare_issuer(commands.add_parser("issuer", help=ISSUER, description=ISSUER))
    daily = command(
        "daily", _daily, "Sweep a day (每日调度), and the missed days before it: cards (亮牌), urges (催办)."
    )
    daily.add_argument(
        "--date", metavar="DATE", type=_day, help="a day that has come, YYYY-MM-DD (default: yesterday)"
    )

    command("bench", _bench, "Measure against other ways to do it; see: duban bench --help", own_help=False)
    return top


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date (YYYY-MM-DD)") from None


def _serve(options: argparse.Namespace, settings: Settings) -> None:
    from service.memory import load_undisturbed

    load_undisturbed()
    from service.greeting import greet
    from service.serving import serve

    # An interrupt is how serving ends, also while it is still getting ready.
    with suppress(KeyboardInterrupt), database(settings) as complete:
        serve(_demonstrated(complete, if_empty=True) if options.demonstration else complete, greet)


def _demo(options: argparse.Namespace, settings: Settings) -> None:
    with database(settings) as complete:
        _demonstrated(complete, if_empty=options.if_empty)


def _demonstrated(settings: Settings, *, if_empty: bool) -> Settings:
    from service.demonstration import year

    with progress("demonstration") as told:
        return run(year.run(settings, if_empty=if_empty, progress=told))


def _migrate(options: argparse.Namespace, settings: Settings) -> None:
    from service.store.migrate import prepare

    with database(settings) as complete:
        applied = run(prepare(complete))
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


def _token(options: argparse.Namespace, settings: Settings) -> None:
    from service.errors import Unauthenticated
    from service.identity import Role
    from service.tokens import NAMED_BY, own_key, signed

    if settings.jwks is not None:
        raise BadInput("tokens come from whoever holds the keys that DUBAN_JWKS names")
    if options.role not in set(Role) - {Role.PUBLIC}:
        raise BadInput(f"{options.role} is no role that has tokens")
    role = Role(options.role)
    for named, claim in NAMED_BY.items():
        if (role is named) != (getattr(options, claim) is not None):
            raise BadInput(f"--{claim} is for the token of the role {named}, and needed there")
    try:
        token = signed(
            own_key(settings.data),
            issuer=settings.issuer,
            audience=settings.audience,
            who=options.who or role.lower(),
            role=role,
            unit=options.unit,
            group=options.group,
            official=options.official,
            valid_seconds=options.days * 86_400,
        )
    except Unauthenticated as error:
        # What the service would answer to such a token.
        raise BadInput(str(error)) from None
    print(token)


def _import(options: argparse.Namespace, settings: Settings) -> None:
    from service.cli.files import take_in

    take_in(options, settings)


def _export(options: argparse.Namespace, settings: Settings) -> None:
    from service.cli.files import write_out

    write_out(options, settings)


# -- meetings and ratings


def _declare_keys(parser: argparse.ArgumentParser) -> None:
    for option, whose in (("--key", "of the log"), ("--witness", "of a witness that must have cosigned")):
        parser.add_argument(
            option, metavar="VKEY", action="append", default=[], help=f"a public key {whose}, or a file"
        )


def _declare_check(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`duban rating check`."""
    text = "Check the file that a rater has downloaded (核查文件) alone; needs no network and no database."
    check = verbs.add_parser("check", help=text, description=text)
    check.add_argument("file", metavar="FILE", type=Path, help="rating-….json, as the rating page gave it")
    _declare_keys(check)
    check.set_defaults(command=_check_downloaded)


def _declare_issuer(parser: argparse.ArgumentParser) -> None:
    """`duban issuer serve` and `duban issuer codes`."""
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    serve = verbs.add_parser("serve", help="Certify ballots for the service until interrupted.")
    serve.set_defaults(command=_issuer_serve)
    codes = verbs.add_parser("codes", help="Print the inspectorate's codes of a box: hand each to its rater.")
    codes.add_argument("box", metavar="BOX", help="the rating box's id")
    codes.add_argument("--cards", type=int, default=0, help="how many cards may be certified, with one code")
    codes.set_defaults(command=_issuer_codes)


def _issuer_serve(options: argparse.Namespace, settings: Settings) -> None:
    from service.ballots.inspectorate import serve

    with suppress(KeyboardInterrupt), database(settings) as complete:
        serve(complete)


def _issuer_codes(options: argparse.Namespace, settings: Settings) -> None:
    from service.ballots.inspectorate import print_codes

    with database(settings) as complete:
        print_codes(complete, options.box, options.cards)


def _verify_rating(options: argparse.Namespace, settings: Settings) -> None:
    from service.cli.rating import verify_rating

    verify_rating(options.place, options.key, options.witness)


def _check_downloaded(options: argparse.Namespace, settings: Settings) -> None:
    from service.cli.rating import check_downloaded

    check_downloaded(options.file, options.key, options.witness)


def _verify_draw(options: argparse.Namespace, settings: Settings) -> None:
    from service.cli.rating import verify_draw

    verify_draw(options.place, options.key, options.witness)


def _rebuild(options: argparse.Namespace, settings: Settings) -> None:
    with database(settings) as complete:
        run(_rebuilt(complete, options.name))


async def _rebuilt(settings: Settings, names: Sequence[str]) -> None:
    from service.app import Application
    from service.tables.rebuild import rebuild

    async with Application.open(settings, follow=False) as app:
        with progress("rebuild") as told:
            await rebuild(app.database, app.recorder, names, told)


def _daily(options: argparse.Namespace, settings: Settings) -> None:
    from service.daily import run as sweep

    with database(settings) as complete, progress("sweep") as told:
        swept = run(sweep(complete, options.date, told))
    print("\n".join(f"swept {day}" for day in swept) or "nothing to sweep")


def _schema(options: argparse.Namespace, settings: Settings) -> None:
    from service.api.schema import printed

    text = printed()
    if not options.check:
        SCHEMA.write_text(text, encoding="utf-8")
    elif not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != text:
        raise Failure(f"{SCHEMA} is not what the code says; write it anew with: duban schema")


def _bench(options: argparse.Namespace, settings: Settings) -> None:
    from service.bench import main as bench

    if code := bench(options.rest):
        raise SystemExit(code)
