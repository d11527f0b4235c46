"""The command line: every command there, every expected error one line and its own exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service import BadInput, Failure
from service.cli import main as cli
from service.config import Settings
from service.identity import Role, Viewer
from service.plans.faults import TakenInPart, refused
from service.tokens import Authenticator, key_set

COMMANDS = {
    "serve",
    "demo",
    "migrate",
    "token",
    "import",
    "export",
    "rebuild",
    "schema",
    "log",
    "witness",
    "bench",
    "daily",
    "rating",
    "draw",
    "issuer",
}


pytestmark = pytest.mark.usefixtures("alone")


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on standard error: one line, of ours."""
    said = capsys.readouterr().err
    assert said.startswith("duban: ")
    assert said.count("\n") == 1
    return said


def help_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_the_commands_are_these(capsys: pytest.CaptureFixture[str]) -> None:
    lines = help_of(capsys).split("  COMMAND\n")[1].splitlines()
    assert {line.split()[0] for line in lines if line[:4].isspace() and not line[:5].isspace()} == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS - {"bench"}))
def test_every_command_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, name)
    assert text.startswith(f"usage: duban {name}")
    assert "." in text


def test_the_help_of_token_names_every_role_that_has_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, "token")
    assert all(role in text for role in set(Role) - {Role.PUBLIC})


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["serve", "--fast"], ["token"], ["migrate", "now"], ["witness", "--port", "65537"]]
)
def test_what_it_does_not_know_is_bad_input(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2


def test_all_that_follows_bench_is_for_the_bench() -> None:
    assert cli.parsed(["bench", "--json", "append", "--help"]).rest == ["--json", "append", "--help"]


def test_a_bad_setting_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DUBAN_TIMEZONE", "Asia/Shanghai")
    assert cli.main(["migrate"]) == 2
    assert told(capsys) == "duban: DUBAN_TIMEZONE is not a setting; the nearest is DUBAN_TIME_ZONE\n"


def test_a_database_that_does_not_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://duban:geheim@127.0.0.1:1/duban")
    assert cli.main(["migrate"]) == 1
    assert "geheim" not in told(capsys)


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Settings:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "settings", broken)
    with pytest.raises(ZeroDivisionError):
        cli.main(["migrate"])


def test_expected_errors_have_their_exit_codes() -> None:
    assert cli.exit_code(BadInput("x")) == 2
    assert cli.exit_code(Failure("x")) == 1
    assert cli.exit_code(ConnectionRefusedError("x")) == 1
    assert cli.exit_code(KeyError("x")) is None


def test_migrations_are_applied_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["migrate"]) == 0
    assert "applied 0001" in capsys.readouterr().out
    assert cli.main(["migrate"]) == 0
    assert capsys.readouterr().out == "nothing to apply\n"
    assert not Path(".duban/postgres/cluster/postmaster.pid").exists()


@pytest.mark.parametrize(
    ("words", "role", "actor"),
    [
        (["--role", "office"], Role.OFFICE, "office"),
        (["--role", "INSPECTOR", "--who", "王检查"], Role.INSPECTOR, "王检查"),
        (["--role", "reporter", "--unit", "dept.water"], Role.REPORTER, "reporter"),
        (["--role", "supervisor", "--group", "group-1", "--days", "2"], Role.SUPERVISOR, "supervisor"),
    ],
)
def test_a_token_is_one_that_the_service_accepts(
    words: list[str], role: Role, actor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["token", *words]) == 0
    token = capsys.readouterr().out.strip()
    settings = Settings.from_environment({})
    viewer = Authenticator(key_set("", settings.data), settings.issuer, settings.audience)(f"Bearer {token}")
    assert isinstance(viewer, Viewer)
    assert (viewer.role, viewer.actor) == (role, actor)
    assert (viewer.unit_id is not None, viewer.group_id is not None) == (
        role is Role.REPORTER,
        role is Role.SUPERVISOR,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--role", "king"],
        ["--role", "public"],
        ["--role", "reporter"],
        ["--role", "reporter", "--unit", "水利局"],
        ["--role", "leader", "--who", "two\nlines"],
        ["--role", "supervisor"],
        ["--role", "office", "--unit", "dept.water"],
        ["--role", "reporter", "--unit", "dept.water", "--group", "group-1"],
    ],
)
def test_a_token_that_makes_no_sense_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", *words]) == 2
    told(capsys)


def test_no_token_is_signed_with_somebody_elses_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("keys.json").write_text("{}")
    monkeypatch.setenv("DUBAN_JWKS", "keys.json")
    assert cli.main(["token", "--role", "office"]) == 2
    assert "DUBAN_JWKS" in told(capsys)


def test_a_changed_schema_is_seen_and_written_anew(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", "--check"]) == 1
    assert "schema.graphql" in told(capsys)
    assert cli.main(["schema"]) == 0
    assert cli.main(["schema", "--check"]) == 0
    with Path("schema.graphql").open("a") as file:
        file.write("\n")
    assert cli.main(["schema", "--check"]) == 1
    told(capsys)


def test_a_file_that_is_not_there_or_of_another_kind_is_bad_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["import", "plan.yaml"]) == 2
    assert told(capsys) == "duban: there is no file plan.yaml\n"
    assert cli.main(["export", "--ledger", "ledger.yaml"]) == 2
    assert "ledger" in told(capsys)
    assert cli.main(["export", "plan.doc"]) == 2
    assert not Path("plan.doc").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--events", "--ledger"],
        ["--problems", "--obligations"],
        ["--campaign", "c06"],
        ["--as-listed", "--ledger"],
    ],
)
def test_an_export_that_would_leave_out_what_was_asked_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", *words, "sheet.csv"]) == 2
    told(capsys)
    assert not Path("sheet.csv").exists()


def test_bad_reports_are_told_although_their_marked_copy_cannot_be_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("reports.xlsx").write_bytes(b"no workbook")
    Path("reports.errors.xlsx").mkdir()
    assert cli.main(["import", "--reports", "reports.xlsx"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "reports.errors.xlsx cannot be written: Is a directory"
    assert "xlsx.malformed" in lines[1]
    assert lines[-1] == "duban: nothing was taken in: 1 faults in reports.xlsx"


def test_a_plan_goes_in_once_and_comes_out_as_it_went_in(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from service.plans import WEIFANG_2020

    assert cli.main(["import", str(WEIFANG_2020)]) == 0
    first = capsysbinary.readouterr().out.decode()
    assert "tasks: " in first
    assert cli.main(["import", str(WEIFANG_2020)]) == 0
    again = capsysbinary.readouterr().out.decode()
    assert all(": 0 new, " in line for line in again.splitlines())
    assert cli.main(["export", "--as-listed"]) == 0
    Path("copy.yaml").write_bytes(capsysbinary.readouterr().out)
    assert cli.main(["import", "copy.yaml"]) == 0
    assert capsysbinary.readouterr().out.decode() == again


def test_every_bad_row_is_told_and_nothing_is_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    from service.plans import WEIFANG_2020

    text = WEIFANG_2020.read_text(encoding="utf-8")
    bad = text.replace("category: county", "category: village", 2)
    Path("bad.yaml").write_text(bad, encoding="utf-8")
    assert cli.main(["import", "bad.yaml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "duban: nothing was taken in: 2 faults in bad.yaml"
    assert len(lines) == 3
    assert all("category" in line for line in lines[:2])
    assert cli.main(["import", str(WEIFANG_2020)]) == 0
    assert " 0 unchanged" in capsys.readouterr().out


def test_it_is_not_said_that_nothing_was_taken_in_when_a_part_may_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def outrun(*_: object, **__: object) -> None:
        raise TakenInPart(refused("units", 2, "row.duplicate_code", code="a", row=1).errors)

    monkeypatch.setattr("service.cli.files.import_file", outrun)
    Path("plan.yaml").touch()
    assert cli.main(["import", "plan.yaml"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "duban: others wrote meanwhile, and these rows were not taken in: 1 faults in plan.yaml"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    shell = f"{sys.executable} -m service export | head -c 1"
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    done = subprocess.run(["sh", "-c", shell], capture_output=True, env=environment, check=False)
    assert b"Traceback" not in done.stderr
