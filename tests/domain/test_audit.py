"""Lawful erasure and the log of access: their rules."""

from datetime import timedelta
from typing import Any

import pytest

from domain import identifiers
from domain.access import Access, AccessDay, AccessKind
from domain.documents import Document
from domain.erasure import MOST_EVENTS, Erasure, Named, Remains, require_named
from domain.personal import ERASED, PERSONAL, holds_personal_data, remains_of
from domain.refusal import Refusal
from domain.registry import EVENTS
from tests.domain import examples as city
from tests.domain.golden_events import access_day, confirmed, ordered
from tests.domain.scenario import given

NAMED = (Named(4, "directory.official_registered", False), Named(2, "task.accepted", False))
REMAINS = (Remains(4, "directory.official_registered", "{}"), Remains(2, "task.accepted", "{}"))


def order(**changes: Any) -> Any:
    asked: dict[str, Any] = {
        "code": "e1",
        "document": city.DOCUMENT,
        "ground": "申请",
        "named": NAMED,
        "by": "office",
    }
    return lambda _: Erasure.order(**(asked | changes), at=city.JUNE)


def test_an_erasure_is_ordered_on_a_document_and_names_events() -> None:
    given().when(order()).then(
        Erasure.Ordered,
        originator_id=identifiers.erasure_id("e1"),
        positions=(2, 4),
        ordered_by="office",
        document=city.DOCUMENT,
    )


def test_another_person_confirms_and_what_is_left_is_part_of_it() -> None:
    confirm = lambda e: e.confirm(NAMED, REMAINS, "inspector", city.JUNE)  # noqa: E731
    given(order()).when(confirm).then(
        Erasure.PersonalDataErased, remains=REMAINS, ordered_by="office", confirmed_by="inspector"
    )


def test_nobody_confirms_what_they_have_ordered() -> None:
    given(order()).when(lambda e: e.confirm(NAMED, REMAINS, "office", city.JUNE)).then_refused(
        "erasure.one_person", says="另一人"
    )


def test_an_erasure_is_confirmed_once() -> None:
    given(ordered, confirmed).when(confirmed).then_refused("erasure.confirmed")


@pytest.mark.parametrize("topic", sorted(set(EVENTS) - set(PERSONAL)))
def test_what_holds_no_personal_data_is_not_erased(topic: str) -> None:
    assert not holds_personal_data(topic)
    given().when(order(named=(*NAMED, Named(7, topic, False)))).then_refused(
        "erasure.nothing_personal", "events", says="7"
    )


def test_what_is_erased_already_is_not_erased_again() -> None:
    again = (Named(4, "task.accepted", True),)
    given().when(order(named=again)).then_refused("erasure.erased_before", "events", says="4")
    confirm = lambda e: e.confirm(again, (), "inspector", city.JUNE)  # noqa: E731
    given(order()).when(confirm).then_refused("erasure.erased_before", "events")


def test_a_document_of_tomorrow_orders_nothing() -> None:
    late = Document("1号", "决定", city.JUNE.date() + timedelta(days=1))
    given().when(order(document=late)).then_refused("document.issued_in_future", "document.issuedOn")
    given().when(order(ground=" ")).then_refused("text.empty", "ground")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([], "erasure.size"),
        (range(1, MOST_EVENTS + 2), "erasure.size"),
        ([2, 2], "erasure.event_twice"),
        ([2, 3], "erasure.no_such_event"),
    ],
    ids=["none", "too many", "twice", "unknown"],
)
def test_what_is_named_is_there_once(asked: Any, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        require_named(tuple(asked), NAMED)
    assert (refused.value.code, refused.value.field) == (code, "events")


def test_only_what_is_personal_is_taken() -> None:
    left = remains_of("directory.official_registered", {"official_id": "x", "code": "o1", "name": "王某"})
    assert left == {"official_id": "x", "code": "o1", "name": ERASED}
    report = {"narrative": "某某完成", "evidence": [{"url": "u"}], "period": "2020-05", "completion": "1"}
    assert remains_of("task.progress_reported", report) == {
        "narrative": ERASED,
        "evidence": [],
        "period": "2020-05",
        "completion": "1",
    }
    assert remains_of("task.accepted", {"remark": ""}) == {"remark": ""}


# -- the log of access


def test_a_day_of_access_is_one_stream() -> None:
    (opened, noted) = given(*access_day).events
    assert opened.originator_id == identifiers.access_day_id(city.JUNE.date())
    assert isinstance(noted, AccessDay.Noted)
    assert noted.entries[0].kind is AccessKind.PERSON
    assert identifiers.access_day_id(city.MAY.date()) != opened.originator_id


def test_an_empty_page_is_not_written() -> None:
    given(access_day[0]).when(lambda d: d.note((), city.JUNE)).then_refused("access.nothing")


def test_an_entry_names_nobody_by_name() -> None:
    """By its fields: ids, names of the schema, and who asked."""
    assert list(Access.__annotations__) == [
        "actor",
        "role",
        "kind",
        "what",
        "subjects",
        "times",
        "first",
        "last",
    ]
