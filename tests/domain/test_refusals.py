"""The catalogue of refusals: complete, used, supplied with what its sentences ask for, told to readers."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

from domain.assessment.accountability_case import AccountabilityCase
from domain.assessment.commendation import Commendation
from domain.assessment.score import Evaluation
from domain.campaign import Campaign
from domain.erasure import Erasure
from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from domain.refusal import Refusal
from domain.refusals import CATALOGUE, listing
from domain.spoken import FIELD_NAMES
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from domain.webhook import Webhook
from tests.domain.regenerate import REFUSALS

ROOT = Path(__file__).parents[2]

# The nouns of the streams that the service looks for by id, for codes it puts together: `{noun}.unknown`.
STREAMS = [
    kind.TOPIC
    for kind in (
        Campaign,
        SupervisionGroup,
        Task,
        Evaluation,
        Commendation,
        AccountabilityCase,
        Webhook,
        Erasure,
        ReviewMeeting,
        RatingBox,
    )
]
# supervision
STREAMS += [
    "urge",
    "problem",
    "problem_list",
    "joint_conference",
    "visit",
    "question_time",
    "inquiry",
    "third_party_evaluation",
    "public_appraisal",
    "exemplary_case",
    "exchange_meeting",
    "training_course",
]


class Use(NamedTuple):
    """A place that refuses: the code, the arguments for its sentences, and whether it names a field."""

    place: str
    code: str
    arguments: frozenset[str]
    field: bool


def uses(room: str) -> Iterator[Use]:
    """Every `require(…, code, …)` and `Refusal(code, …)` of a room."""
    for path in sorted((ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {"require", "Refusal"} if path.name == "refusal.py" else imported(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            at = {"require": 1, "Refusal": 0}.get(node.func.id)
            if at is None or node.func.id not in names:
                continue
            given = {keyword.arg or "**" for keyword in node.keywords}
            place = f"{path.relative_to(ROOT)}:{node.lineno}"
            for code in codes(node.args[at]):
                yield Use(place, code, frozenset(given - {"field"}), "field" in given)


def imported(tree: ast.Module) -> set[str]:
    """The names a module has from `domain.refusal`."""
    taken = (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "domain.refusal")
    return {alias.name for node in taken for alias in node.names}


def codes(node: ast.expr) -> list[str]:
    """The codes an expression can stand for: a literal, or one for each stream if the noun is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    match node:
        case ast.JoinedStr(values=[*_, ast.Constant(value=str(ending))]):
            return [f"{noun}{ending}" for noun in STREAMS]
    # `require` hands its own code on.
    return []


@cache
def domain() -> list[Use]:
    return list(uses("domain"))


@cache
def everywhere() -> list[Use]:
    return [*domain(), *uses("service")]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_code_that_is_used_is_in_the_catalogue() -> None:
    assert [use for use in everywhere() if use.code not in CATALOGUE] == []


def test_every_code_of_the_catalogue_is_used() -> None:
    assert set(CATALOGUE) - {use.code for use in everywhere()} == set()


@pytest.mark.parametrize("code", CATALOGUE)
def test_both_sentences_ask_for_the_same_and_every_use_supplies_it(code: str) -> None:
    wording = CATALOGUE[code]
    asked = placeholders(wording.en)
    assert asked == placeholders(wording.zh)
    for use in everywhere():
        if use.code == code:
            assert use.arguments == asked - {"field"}, use.place
            assert use.field or "field" not in asked, use.place


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_code_is_noun_and_reason_and_its_sentences_are_sentences(code: str) -> None:
    wording = CATALOGUE[code]
    noun, reason = code.split(".")
    assert noun.replace("_", "").isalpha()
    assert reason.replace("_", "").isalnum()
    assert code == code.lower()
    assert wording.en.isascii()
    assert wording.en[0] in "{" or wording.en[0].isupper()
    assert wording.en.endswith(".")
    assert wording.zh.endswith("。")
    assert not set(",;:?!()") & set(wording.zh), "half-width punctuation in Chinese"
    assert wording.article is None or wording.article in range(1, 52)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_chinese_sentence_is_short(code: str) -> None:
    assert len(CATALOGUE[code].zh) <= 50


def test_every_refusal_of_the_domain_is_told_in_a_test() -> None:
    told = "\n".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.rglob("test_*.py"))
    assert [use.code for use in domain() if f'"{use.code}"' not in told] == []


def test_every_field_the_domain_names_has_a_spoken_name() -> None:
    named: set[str] = set()
    for path in (ROOT / "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named |= {part for place in fields_in(node) for part in parts(place)}
    assert named - set(FIELD_NAMES) == set()
    assert {"deliveredOn", "leadUnit", "unitOfMeasure", "until"} <= named


def fields_in(node: ast.AST) -> list[ast.expr]:
    """Where a field's path is written: given as `field`, by default or by place, or kept under that name."""
    match node:
        case ast.keyword(arg="field"):
            return [node.value]
        case ast.arguments():
            return node.defaults
        case ast.Assign(targets=[ast.Name(id="field")]):
            return [node.value]
        case ast.Call(func=ast.Name(id=name)) if name.startswith("require_"):
            return [a for a in node.args if isinstance(a, ast.JoinedStr | ast.Constant)]
    return []


def parts(path: ast.expr) -> set[str]:
    """The names in a field's path, its places and prefixes left out."""
    if isinstance(path, ast.Constant) and isinstance(path.value, str):
        written = path.value
    elif isinstance(path, ast.JoinedStr):
        written = "".join(str(v.value) for v in path.values if isinstance(v, ast.Constant))
    else:
        return set()
    return {part for part in written.split(".") if part and not part.isdecimal()}


def test_the_list_for_readers_is_the_catalogue() -> None:
    assert REFUSALS.read_text(encoding="utf-8") == listing(), "run: python -m tests.domain.regenerate"


def test_a_refusal_without_a_wording_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Refusal("task.too_blue")


def test_a_refusal_says_what_it_is() -> None:
    refusal = Refusal("report.period_taken", field="period", period="2020-05")
    assert (refusal.code, refusal.field, refusal.article) == ("report.period_taken", "period", None)
    assert refusal.en == "2020-05 has been reported; correct or withdraw that report."
    assert refusal.zh == "2020-05进度已报送；如有变动，请更正或撤回原报告。"
    assert str(refusal) == f"report.period_taken: {refusal.en}"
