"""Events: their topics for good, their bytes for good, and nothing decoded that is not of its type."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from eventsourcing.utils import resolve_topic

from domain import registry
from domain.aggregate import Aggregate, Created, Event
from tests.domain.golden_events import GOLDEN
from tests.domain.regenerate import BYTES
from tests.domain.scenario import told

TOPICS = sorted(registry.EVENTS)


def descendants(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


# -- the registry


def test_every_aggregate_and_event_of_the_domain_is_registered() -> None:
    aggregates = [kind for kind in descendants(Aggregate) if kind.__module__.startswith("domain.")]
    assert set(aggregates) == set(registry.AGGREGATES)
    for aggregate in aggregates:
        nested = [v for v in vars(aggregate).values() if isinstance(v, type) and issubclass(v, Event)]
        facts = [kind for kind in nested if kind is not aggregate.Event]
        assert facts == registry.events_of(aggregate)
        assert all(registry.EVENTS[kind.TOPIC] is kind for kind in facts)  # type: ignore[attr-defined]


def test_no_topic_is_used_twice() -> None:
    topics = [e.TOPIC for a in registry.AGGREGATES for e in registry.events_of(a)]  # type: ignore[attr-defined]
    topics += [aggregate.TOPIC for aggregate in registry.AGGREGATES]  # type: ignore[attr-defined]
    assert len(set(topics)) == len(topics)
    assert len(registry.EVENTS) == len(topics) - len(registry.AGGREGATES)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_its_aggregates_noun_and_something_past(topic: str) -> None:
    event = registry.EVENTS[topic]
    aggregate = next(a for a in registry.AGGREGATES if event in registry.events_of(a))
    noun, past = topic.split(".")
    assert noun == aggregate.TOPIC  # type: ignore[attr-defined]
    assert past == re.sub(r"(?<!^)([A-Z])", r"_\1", event.__name__).lower()
    irregular = ("drawn", "frozen", "kept", "made", "set", "struck")
    assert past.endswith(("ed", *irregular))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_finds_its_class(topic: str) -> None:
    assert resolve_topic(topic) is registry.EVENTS[topic]


def test_the_first_event_of_a_stream_creates_its_aggregate() -> None:
    for aggregate in registry.AGGREGATES:
        creating = [e for e in registry.events_of(aggregate) if issubclass(e, Created)]
        assert len(creating) == 1
        assert creating[0] is registry.events_of(aggregate)[0]


def test_an_event_has_no_clock() -> None:
    with pytest.raises(TypeError, match="comes with its command"):
        Event.create_timestamp()


# -- the bytes


def test_every_topic_has_its_golden_bytes_and_nothing_else_has() -> None:
    assert sorted(path.stem for path in BYTES.glob("*.json")) == TOPICS == sorted(GOLDEN)


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_is_written_as_ever(topic: str) -> None:
    assert msgspec.json.encode(GOLDEN[topic]) == stored(topic)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_bytes_of_old_are_read_as_the_event_they_were(topic: str) -> None:
    read = msgspec.json.decode(stored(topic), type=registry.EVENTS[topic])
    assert read == GOLDEN[topic]
    assert msgspec.json.encode(read) == stored(topic)


def stored(topic: str) -> bytes:
    return (BYTES / f"{topic}.json").read_bytes()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_field_that_came_later_may_be_absent_and_no_other(topic: str) -> None:
    kind = registry.EVENTS[topic]
    written = msgspec.json.decode(stored(topic))
    told = msgspec.inspect.type_info(kind)
    assert isinstance(told, msgspec.inspect.DataclassType)
    for field in told.fields:
        without = {name: value for name, value in written.items() if name != field.encode_name}
        if field.required:
            with pytest.raises(msgspec.ValidationError, match="missing required field"):
                msgspec.convert(without, kind, strict=True)
        else:
            assert isinstance(msgspec.convert(without, kind), kind)


@pytest.mark.parametrize(
    ("topic", "defaults"),
    [
        ("task.listed", {"key_task": False, "assumed": (), "note": ""}),
        ("campaign.launched", {"name_missing": False, "demonstration": False}),
    ],
)
def test_bytes_written_before_the_optional_fields_read_as_their_defaults(
    topic: str, defaults: dict[str, Any]
) -> None:
    written = {k: v for k, v in msgspec.json.decode(stored(topic)).items() if k not in defaults}
    event = msgspec.convert(written, registry.EVENTS[topic])
    assert {name: getattr(event, name) for name in defaults} == defaults
    assert told([event]).version == 1


# -- the types


def places(written: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document, containers and their contents."""
    if path:
        yield path
    if isinstance(written, dict | list):
        for key, value in written.items() if isinstance(written, dict) else enumerate(written):
            yield from places(value, (*path, key))


def put(written: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at this path."""
    changed = msgspec.json.decode(msgspec.json.encode(written))
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


def refuses(kind: type[Event], document: Any) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(document), type=kind)
    except msgspec.ValidationError:
        return True
    return False


@pytest.mark.parametrize("topic", TOPICS)
def test_a_value_of_another_type_is_not_decoded_in_any_field(topic: str) -> None:
    kind, written = registry.EVENTS[topic], msgspec.json.decode(stored(topic))
    assert not refuses(kind, written)
    paths = list(places(written))
    assert len(paths) >= 4
    for path in paths:
        old = written
        for key in path:
            old = old[key]
        wrong: list[Any] = [7.5, [7.5], "no"] if isinstance(old, dict) else [{}, {"a": 1}, "no"]
        if not isinstance(old, dict | list):
            wrong = [{}, [], [[]]]
            if not isinstance(old, bool):
                wrong.append(True)
        for value in wrong:
            assert refuses(kind, put(written, path, value)), (path, value)


OUTCOME = (("completion",), *(("standings", "*", name) for name in ("value", "period", "completion")))
OFFICE = (("office",),)
SCHEME = (
    ("content", "measures"),
    ("content", "measures", "forms", "*", "term_months"),
    ("content", "measures", "ladder", "*", "term_months"),
)
FIGURES = (("figures", "completion"), ("figures", "deviation"))
_LINES: tuple[tuple[str, ...], ...] = (("total",), ("campaigns", "*"), ("units", "*"))
NULLABLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "task.listed": (*OUTCOME, ("indicators", "*", "target"), ("indicators", "*", "baseline")),
    "task.progress_reported": OUTCOME,
    "task.report_corrected": OUTCOME,
    "task.report_withdrawn": OUTCOME,
    "task.report_verified": OUTCOME,
    "task.report_disputed": OUTCOME,
    "task.target_revised": OUTCOME,
    "task.accepted": (("group_id",),),
    "task.returned": (("group_id",),),
    "campaign.task_force_formed": (("members", "*", "until"),),
    # -- assessment
    "scheme.adopted": SCHEME,
    "scheme.amended": SCHEME,
    "evaluation.scored": (
        ("group_id",),
        ("grade",),
        ("basis",),
        ("basis", "tasks", "*", "completion"),
        ("basis", "tasks", "*", "score"),
    ),
    "evaluation.corrected": (("grade",),),
    "ranking.published": (("units", "*", "change"),),
    "ranking.republished": (("units", "*", "change"),),
    # -- accountability
    "commendation.nominated": (("office",), ("unit_id",), ("group_id",)),
    "commendation.confirmed": OFFICE,
    "commendation.refused": OFFICE,
    "commendation.awarded": (*OFFICE, ("effect", "in_force_to")),
    "commendation.published": OFFICE,
    "commendation.revoked": OFFICE,
    "accountability_case.opened": (("office",), ("ground", "position")),
    "accountability_case.fact_established": OFFICE,
    "accountability_case.hearing_recorded": OFFICE,
    "accountability_case.dropped": OFFICE,
    "accountability_case.penalty_imposed": (*OFFICE, ("effect", "in_force_to")),
    "accountability_case.penalty_published": OFFICE,
    "accountability_case.appealed": OFFICE,
    "accountability_case.appeal_decided": (*OFFICE, ("effect",), ("effect", "in_force_to")),
    "accountability_case.penalty_executed": OFFICE,
    "accountability_case.penalty_lifted": OFFICE,
    "accountability_case.closed": OFFICE,
    # meetings and ratings
    "meeting.unit_presented": (("presenter_id",),),
    "meeting.comment_made": (("official_id",), ("group_id",)),
    "meeting.draw_abandoned": (("secret",),),
    "meeting.minutes_kept": (("held_on",),),
    "rating.rating_opened": (("meeting_id",),),
    "rating.rating_result_published": (("meeting_id",),),
    # supervision
    "campaign.member_appointed": (("member", "until"),),
    "card_scheme.adopted": (
        *(("scheme", "levels", "*", name) for name in ("behind", "overdue_days", "missing_reports")),
        ("scheme", "repetitions", "*", "escalates_to"),
    ),
    "cards.raised": (*FIGURES, ("repeated",), ("group_id",)),
    "cards.escalated": (*FIGURES, ("repeated",), ("group_id",)),
    "cards.repeated": FIGURES,
    "cards.lifted": (*FIGURES, ("figures",), ("group_id",), ("respite_until",)),
    "urge.issued": (("edition",), ("group_id",)),
    "problem.listed": (("campaign_id",), ("task_id",), ("found_by",), ("source_id",)),
    "problem.decided": (("unit_id",), ("deadline",)),
    "problem.reopened": (("group_id",),),
    "joint_conference.convened": (("decisions", "*", "unit_id"), ("decisions", "*", "deadline")),
    "visit.finding_recorded": (("task_id",), ("official_id",), ("problem_id",)),
    "exemplary_case.nominated": (("task_id",),),
    "training_course.scheduled": (("campaign_id",),),
    "monthly_report.generated": (
        *(("contents", *line, name) for line in _LINES for name in ("completion", "expected")),
        ("contents", "furthest_behind", "*", "completion"),
        ("contents", "problems_open", "*", "deadline"),
    ),
}


@pytest.mark.parametrize("topic", TOPICS)
def test_only_what_may_be_unknown_may_be_null(topic: str) -> None:
    kind, written = registry.EVENTS[topic], msgspec.json.decode(stored(topic))
    for path in places(written):
        nullable = tuple("*" if isinstance(key, int) else key for key in path) in NULLABLE.get(topic, ())
        assert refuses(kind, put(written, path, None)) is not nullable, path


@pytest.mark.parametrize(
    ("topic", "path", "wrong"),
    [
        ("task.listed", ("originator_id",), "17.1"),
        ("task.listed", ("originator_version",), "1"),
        ("task.listed", ("originator_version",), 1.5),
        ("task.listed", ("timestamp",), "yesterday"),
        ("task.listed", ("article",), "17"),
        ("task.listed", ("start",), "2020-02-30"),
        ("task.listed", ("key_task",), "true"),
        ("task.listed", ("key_task",), 1),
        ("task.listed", ("indicators", 0, "direction"), "sideways"),
        ("task.listed", ("indicators", 0, "weight"), "sixty"),
        ("task.listed", ("milestones", 0, "due"), "soon"),
        ("task.progress_reported", ("values", 0, "value"), ""),
        ("task.progress_reported", ("evidence", 0, "url"), 5),
        ("task.progress_reported", ("unit_id",), ""),
        ("directory.unit_registered", ("category",), "village"),
        ("campaign.task_force_formed", ("members", 0, "role"), "guest"),
    ],
)
def test_a_value_that_cannot_be_of_its_type_is_not_decoded(
    topic: str, path: tuple[Any, ...], wrong: Any
) -> None:
    written = msgspec.json.decode(stored(topic))
    assert refuses(registry.EVENTS[topic], put(written, path, wrong))
