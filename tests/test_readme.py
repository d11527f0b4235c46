"""The README is true: its commands run, its answers are the real ones, its tables are what the code says."""

import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from graphql import parse, validate

from service.api.schema import schema
from service.cli.main import parsed
from service.config import VARIABLES, Settings
from service.errors import RequestError
from service.identity import COMMANDS, Role
from service.identity.commands import STEPS
from service.plans import WEIFANG_2020
from service.plans.sheet import read_plan
from service.web import files
from tests.readme import README, ROOT, Question, Shell, not_run, questions, shell
from tests.roles import PAGE, page
from tests.service.demonstration.whole_year import (
    assert_every_point_leads_to_an_event,
    assert_ranked_alike,
    events_of,
)

TEXT = README.read_text(encoding="utf-8")
QUESTIONS = questions(TEXT)
MUTATIONS = [question for question in QUESTIONS if "\nmutation " in question.block.text]
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
INLINE = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", TEXT, flags=re.M | re.S))


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


# -- what is run


@dataclass(frozen=True)
class Tour:
    """The README gone through: what each question printed, or why it failed. Mutations are given twice."""

    shell: Shell
    printed: dict[Question, str | AssertionError]
    again: dict[Question, str | AssertionError]


@pytest.fixture(scope="module")
def tour() -> Iterator[Tour]:
    def asked(question: Question) -> str | AssertionError:
        try:
            return opened.ask(question)
        except AssertionError as failed:
            return failed

    with shell() as opened:
        gone = Tour(opened, {}, {})
        for question in QUESTIONS:
            gone.printed[question] = asked(question)
            if question in MUTATIONS:
                gone.again[question] = asked(question)
        yield gone


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_it_is_answered_as_shown(tour: Tour, question: Question) -> None:
    printed = tour.printed[question]
    if isinstance(printed, AssertionError):
        raise printed
    if question.answer is None:
        return
    if question.answer.language == "json":
        assert json.loads(printed) == json.loads(question.answer.text)
    else:
        assert printed == question.answer.text


@pytest.mark.parametrize("question", MUTATIONS, ids=lambda question: question.name)
def test_a_command_given_again_gets_the_same_answer(tour: Tour, question: Question) -> None:
    assert tour.again[question] == tour.printed[question]


def test_the_year_is_ranked_alike_by_another_implementation(tour: Tour) -> None:
    token = tour.shell.run(".venv/bin/duban token --role INSPECTOR").strip()
    with httpx.Client(headers={"authorization": f"Bearer {token}"}, timeout=60) as client:

        def ask(document: str) -> dict[str, Any]:
            answer = client.post(f"{tour.shell.own}/graphql", json={"query": document}).json()
            assert "errors" not in answer, answer
            data: dict[str, Any] = answer["data"]
            return data

        assert_ranked_alike(ask, events_of(ask), moments=20)
        assert_every_point_leads_to_an_event(ask, "2020")


def test_every_answer_has_its_question() -> None:
    shown = [q.answer for q in QUESTIONS if q.answer is not None]
    assert len(shown) == len(re.findall(r"^```(json|text)$", TEXT, re.M))
    assert all(q.answer is not None for q in QUESTIONS if q.block.language == "graphql")


@pytest.mark.parametrize("path", [word for word in INLINE if re.fullmatch(r"/\w+z|/metrics", word)])
def test_the_probes_are_there(tour: Tour, path: str) -> None:
    assert httpx.get(tour.shell.own + path).status_code == 200


def addresses() -> list[str]:
    """Addresses of pages and files that can be asked for as they stand, and those of the rating box shown."""
    told = re.findall(r"`(/[\w./<>-]+)`", section("Pages and files"))
    whole = [path for path in told if "<" not in path]
    parts = ["", *(word[1:] for word in INLINE if re.fullmatch(r"…/\w+", word))]
    boxes = set(re.findall(r'"rating:([0-9a-f-]{36})"', TEXT))
    return [*whole, *(f"/rate/{box}{part}" for box in boxes for part in parts)]


@pytest.mark.parametrize("path", addresses())
def test_pages_and_files_are_where_they_are_said_to_be(tour: Tour, path: str) -> None:
    token = tour.shell.run("echo $REPORTER").strip()
    answer = httpx.get(tour.shell.own + path, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200


# -- what is read


def commands() -> list[str]:
    """Commands that are not run: lines of blocks, and commands in running text."""
    lines = [line for block in not_run(TEXT) for line in block.text.splitlines()]
    return [*lines, *(word for word in INLINE if re.match(r"(\w+=\S+ )*(make|duban)\b(?! token`)", word))]


@pytest.mark.parametrize("command", commands())
def test_what_is_not_run_exists(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    words = shlex.split(command, comments=True)
    assignments = {}
    while words and re.match(r"\w+=|export$", words[0]):
        name, _, value = words.pop(0).partition("=")
        assignments[name] = value
    assignments.pop("export", None)
    if words and words[0] == "make":
        assignments |= dict(word.split("=", 1) for word in words[2:])
        assert words[1] in targets()
    elif command == "docker compose up --build --detach":
        pass
    elif words and words[0] == "duban":
        if len(words) > 1 and words[1:] != ["token"]:
            assert callable(parsed(words[1:]).command)
    else:
        assert not words or command in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert Settings.from_environment(assignments)
    assert set(assignments) <= {variable.name for variable in VARIABLES}


def targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert phony is not None
    return set(phony[1].split())


def test_the_ports_of_the_copies_are_those_of_the_compose_file() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    ports = {port.split(":")[1] for service in services.values() for port in service.get("ports", [])}
    assert set(re.findall(r"\b8\d{3}\b", section("On a server"))) - {"8000"} == ports


@pytest.mark.parametrize("word", [w for w in INLINE if w.startswith("subscription ")])
def test_a_question_in_running_text_is_valid(word: str) -> None:
    assert validate(schema._schema, parse(word)) == []


@pytest.mark.parametrize("word", [w for w in INLINE if re.fullmatch(r"(DUBAN|DATABASE)_\w+(=\S+)?", w)])
def test_every_setting_is_one(word: str) -> None:
    assert word.partition("=")[0].removesuffix("_FILE") in {variable.name for variable in VARIABLES}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith("https://")]
    named = re.findall(r"`((?:docs|service|domain|projections|tests)/[\w./-]+)`", text)
    missing = [target for target in linked if not leads_somewhere(document, *target.partition("#")[::2])]
    missing += [path for path in named if not (ROOT / path).exists()]
    assert not missing


def leads_somewhere(document: Path, path: str, heading: str) -> bool:
    target = document.parent / path if path else document
    if not heading:
        return target.exists()
    headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
    return heading in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_map_names_every_room() -> None:
    told = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [
        path for top in ("domain", "projections", "service") for path in (ROOT / top).rglob("__init__.py")
    ]
    names = {room.parent.relative_to(ROOT).as_posix() for room in rooms} - {"service/bench/peers"}
    assert {f"`{name}/`" for name in names} <= set(re.findall(r"`[\w/]+/`", told))


def test_the_errors_are_those_of_the_service() -> None:
    statuses: dict[str, set[int]] = {}
    assert issubclass(files.NoSuchFile, RequestError)  # known, whatever else this process has imported
    # The kind of all kinds has neither.
    kinds: list[type[RequestError]] = list(descendants(RequestError))
    for kind in kinds:
        statuses.setdefault(kind.code, set()).add(kind.status)
    told: dict[str, set[int]] = {}
    table = section("Refusals, errors, limits")
    for status, codes in re.findall(r"^\| ([\d, ]+) \| (`.*?`) \|", table, re.M):
        told |= {code: {int(s) for s in status.split(",")} for code in re.findall(r"`(\w+)`", codes)}
    assert told == statuses


def descendants(kind: type[RequestError]) -> Iterator[type[RequestError]]:
    for below in kind.__subclasses__():
        yield below
        yield from descendants(below)


def test_every_role_is_told() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section("Roles and tokens"), re.M)
    assert sorted(told) == sorted(Role)


def test_the_page_of_roles_gives_every_command_as_the_code_does() -> None:
    printed = page()
    assert PAGE.read_text(encoding="utf-8") == printed, "write it anew: python -m tests.roles"
    assert sorted(re.findall(r"^\| `(\w+)` \|", printed, re.M)) == sorted({*COMMANDS, *STEPS})


def test_the_plan_has_as_much_as_it_says() -> None:
    plan = read_plan(WEIFANG_2020, "yaml")
    tasks = len(plan.tasks)
    indicators = sum(len(task.indicators) for task in plan.tasks)
    assert f"{tasks} tasks, {indicators} indicators" in TEXT


# -- the limits

LIMITS = {
    unit: int(number.replace(",", ""))
    for number, unit in re.findall(r"(\d[\d,]*)\s+(bytes|levels|aliases|fields|tokens|values|rows)", TEXT)
}


def levels(count: int) -> str:
    names = ["campaigns(first: 1)", "nodes"]
    while len(names) < count:
        names += ["tasks(first: 1)", "nodes", "campaign"]
    return "{".join(["", *names[: count - 1], "__typename"]) + "}" * count


def fields(count: int) -> str:
    """As many lists as there are fifties, each with a fragment of 48 fields; the rest at the root."""
    lists, rest = divmod(count, 50)
    asked = "".join(f"a{i}: campaigns(first: 1) {{nodes {{...F}}}} " for i in range(lists))
    return f"{{{asked}{'__typename ' * rest}}} fragment F on Campaign {{{'code name ' * 24}}}"


ASKING_SO_MUCH: dict[str, Callable[[int], str]] = {
    "levels": levels,
    "aliases": lambda count: "{" + " ".join(f"a{i}: __typename" for i in range(count)) + "}",
    "fields": fields,
    "tokens": lambda count: (
        f"{{tasks(first: 1, filter: {{status: [{'OPEN ' * (count - 19)}]}}) {{totalCount}}}}"
    ),
    "rows": lambda count: f"{{tasks(first: {count}) {{nodes {{code}}}}}}",
}


@pytest.mark.parametrize("unit", ASKING_SO_MUCH)
def test_a_limit_is_where_it_is_said_to_be(tour: Tour, unit: str) -> None:
    most = LIMITS[unit]
    assert told_a_leader(tour, ASKING_SO_MUCH[unit](most)).keys() == {"data"}
    assert told_a_leader(tour, ASKING_SO_MUCH[unit](most + 1)).keys() == {"errors"}


def test_a_body_may_have_so_many_bytes(tour: Tour) -> None:
    frame = len(json.dumps({"query": "{__typename}#"}))
    for surplus, keys in ((0, {"data"}), (1, {"errors"})):
        comment = "x" * (LIMITS["bytes"] - frame + surplus)
        assert told_a_leader(tour, "{__typename}#" + comment).keys() == keys


def test_an_answer_may_have_so_many_values(tour: Tour) -> None:
    nested = "{tasks(first: 100) {nodes {reports(first: 100) {nodes {steps {text kind position at}}}}}}"
    (error,) = told_a_leader(tour, nested)["errors"]
    assert str(LIMITS["values"]) in error["message"]


def told_a_leader(tour: Tour, query: str) -> dict[str, list[dict[str, str]]]:
    """The answer to a leader."""
    token = tour.shell.run("echo $LEADER").strip()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    answer = httpx.post(f"{tour.shell.own}/graphql", content=json.dumps({"query": query}), headers=headers)
    body: dict[str, list[dict[str, str]]] = answer.json()
    return body
