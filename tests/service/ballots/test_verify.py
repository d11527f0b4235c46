"""Every change of a stored box is caught, from the log alone, and named with its position."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from service import cli
from service.ballots.lines import Line, entry_faults, line_of, lines, read, written
from service.ballots.verify import Report, verify
from service.ballots.verify_draw import verify_draws
from service.embedded import embedded_postgres
from service.store.clock import SimulatedClock
from tests.service.api.client import Insider
from tests.service.api.conftest import noon, opened
from tests.service.ballots.hall import hall

State = dict[str, Any]
# The card that has voted.
USED: list[str] = []


async def played(server: str, data: Path) -> list[Line]:
    """A log with a meeting, a draw, a box by phone and card, one unit of it voided."""
    clock = SimulatedClock(noon(2020, 5, 29))
    async with opened(server, data, clock) as app, Insider(app) as client:
        room = await hall(client, clock)
        seeds = await room.print_cards(3)
        for n in range(6):
            await room.collect(n)
        await room.hand_out(6)
        await room.barrier(returned=2)
        first, second = (await room.terms()).unit_ids
        for n, rater in room.raters.items():
            await room.cast(first, rater.ballot(first, ("good", "poor")[n % 2]))
            if n < 2:
                await room.cast(second, rater.ballot(second, "fair"))
        USED[:] = seeds[:1]
        card = (await room.card(seeds[0])).ballot(first, "excellent")
        assert card is not None
        await room.cast(first, card)
        clock.moment += timedelta(hours=3)
        await room.finish(unused=seeds[1:])
        return [line async for line in lines(app.database)]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Line]]:
    directory = tmp_path_factory.mktemp("verified")
    with embedded_postgres(directory / "postgres") as server:
        yield asyncio.run(played(server, directory / "data"))


def changed(log: list[Line], topic: str, change: Callable[[State], object]) -> tuple[list[Line], int]:
    """The log with the first event of this topic changed, and its position."""
    line = next(line for line in log if line.topic == topic)
    state = msgspec.json.decode(line.state)
    change(state)
    altered = msgspec.structs.replace(line, state=msgspec.json.encode(state).decode())
    return [altered if each is line else each for each in log], line.position


def faults(report: Report) -> list[str]:
    return [fault.text for fault in report.faults]


def test_a_log_that_is_right(log: list[Line]) -> None:
    report = verify(log)
    assert faults(report) == []
    assert (report.boxes, report.sealed, report.voided, report.ballots) == (1, 1, 1, 7)
    assert list(entry_faults(log)) == []
    draws = verify_draws(log)
    assert (draws.draws, draws.units, draws.faults) == (1, 2, [])


SEALED = RatingBox.BallotBoxSealed.TOPIC
COLLECTED = RatingBox.CredentialsCollected.TOPIC
OPENED = RatingBox.RatingOpened.TOPIC
PUBLISHED = RatingBox.RatingResultPublished.TOPIC
REVEALED = RatingBox.UnusedCredentialsRevealed.TOPIC
VOIDED = RatingBox.RatingVoided.TOPIC


def swap(state: State) -> None:
    state["ballots"].insert(0, state["ballots"].pop())


def duplicate(state: State) -> None:
    state["ballots"].append(state["ballots"][-1])


def alter_key(state: State) -> None:
    key = state["ballots"][0]["key"]
    state["ballots"][0]["key"] = ("A" if key[0] != "A" else "B") + key[1:]


def alter_grade(state: State) -> None:
    ballot = state["ballots"][0]
    ballot["grade"] = "fair" if ballot["grade"] != "fair" else "good"


def alter_own_signature(state: State) -> None:
    state["ballots"][0]["signature"] = state["ballots"][1]["signature"]


def alter_issuer_signature(state: State) -> None:
    state["ballots"][0]["signatures"] = state["ballots"][1]["signatures"]


def drop_issuer_signature(state: State) -> None:
    state["ballots"][0]["signatures"] = []


def drop_ballots(state: State) -> None:
    del state["ballots"][4:]


def drop_one_ballot(state: State) -> None:
    state["ballots"].pop()


def too_few_raters(state: State) -> None:
    del state["by_phone"][1:]


def set_to(name: str, value: Any) -> Callable[[State], object]:
    return lambda state: state.update({name: value})


CHANGES: list[tuple[str, Callable[[State], object], str]] = [
    (SEALED, swap, "not sorted by their keys"),
    (SEALED, duplicate, "a key is in the box twice"),
    (SEALED, alter_key, "the signature of service is false"),
    (SEALED, alter_grade, "its own signature does not fit its grade"),
    (SEALED, alter_own_signature, "its own signature does not fit its grade"),
    (SEALED, alter_issuer_signature, "the signature of service is false"),
    (SEALED, drop_issuer_signature, "not every issuer has signed"),
    (SEALED, drop_ballots, "fewer than 5, and were sealed"),
    (SEALED, drop_one_ballot, "the histogram is not that of the box"),
    (SEALED, set_to("closes_at", "2020-05-29T18:00:00+08:00"), "closing time is not the scheduled one"),
    (SEALED, set_to("unit_id", "00000000-0000-5000-8000-000000000000"), "the unit is not rated in this box"),
    (SEALED, set_to("timestamp", "2020-05-29T15:00:01+08:00"), "finer than a minute"),
    (SEALED, lambda s: s["ballots"][0].update(grade="splendid"), "is not of the scale"),
    (COLLECTED, too_few_raters, "ballots are more than the 2 raters"),
    (COLLECTED, lambda s: s["by_phone"].reverse(), "the raters are not sorted"),
    (COLLECTED, lambda s: s["by_card"].append(s["by_phone"][0]), "by phone and by card"),
    (COLLECTED, lambda s: s["by_phone"].append("ffffffff-ffff-5fff-bfff-ffffffffffff"), "not on the roll"),
    (COLLECTED, lambda s: s["cards"].update(printed=4), "cards printed are not those handed out"),
    (COLLECTED, lambda s: s["cards"]["indexes"].pop(), "not as many as the cards"),
    (OPENED, lambda s: s["keys"].pop(), "one key for each unit and issuer"),
    (OPENED, lambda s: s["keys"][0].update(spki=s["keys"][1]["spki"]), "has the key of"),
    (OPENED, lambda s: s["keys"][0].update(spki="AAAA"), "not a public key"),
    (OPENED, set_to("suite", "RSABSSA-SHA384-PSS-Randomized"), "the suite is not"),
    (OPENED, set_to("threshold", 8), "fewer than 8, and were sealed"),
    (OPENED, lambda s: s["roll"].pop(0), "not on the roll"),
    (VOIDED, set_to("ballots", 5), "were voided, which are enough"),
    (VOIDED, set_to("threshold", 9), "the threshold is not the box's"),
    (REVEALED, lambda s: s["seeds"].pop(), "1 cards were revealed of 2"),
    (REVEALED, lambda s: s["seeds"].reverse(), "the cards are not sorted"),
    (REVEALED, lambda s: s.update(seeds=["0" * 20, *s["seeds"][1:]]), "was not printed for this box"),
    (REVEALED, lambda s: s.update(seeds=["short", *s["seeds"][1:]]), "is no card"),
    (PUBLISHED, lambda s: s["histogram"][0].update(ballots=6), "the histogram is not that of the box"),
    (PUBLISHED, set_to("score", "99.99"), "the score is 99.99"),
    (PUBLISHED, set_to("turnout", 40), "ballots and turnout are not those of the box"),
    (PUBLISHED, set_to("period", "2020-06"), "period and occasion are not those of the box"),
]


@pytest.mark.parametrize(("topic", "change", "says"), CHANGES)
def test_a_changed_box_is_caught(
    log: list[Line], topic: str, change: Callable[[State], object], says: str
) -> None:
    altered, position = changed(log, topic, change)
    report = verify(altered)
    assert any(says in text for text in faults(report)), faults(report)
    assert any(fault.position >= position for fault in report.faults)
    # And whoever changes it leaves the leaf behind.
    assert [p for p, _ in entry_faults(altered)] == [position]


def test_a_card_that_voted_is_not_revealed_as_unused(log: list[Line]) -> None:
    def reveal_used(state: State) -> None:
        state["seeds"] = sorted([*USED, state["seeds"][0]])

    altered, position = changed(log, REVEALED, reveal_used)
    [fault] = verify(altered).faults
    assert (fault.position, "has voted on unit" in fault.text) == (position, True)


@pytest.mark.parametrize(
    ("topic", "says"),
    [
        (OPENED, "its box was never opened"),
        (COLLECTED, "before credentials were collected"),
        (SEALED, "an event of its stream is missing"),
        (VOIDED, "before every unit was sealed or voided"),
        (RatingBox.IssuerKeysDestroyed.TOPIC, "before the keys were destroyed"),
        (REVEALED, "before the cards were revealed"),
    ],
)
def test_an_event_that_is_left_out_is_missed(log: list[Line], topic: str, says: str) -> None:
    left = [line for line in log if line.topic != topic]
    assert any(says in text for text in faults(verify(left))), faults(verify(left))
    assert any("is missing before this one" in text for _, text in entry_faults(left))


def test_events_that_come_twice_or_out_of_order(log: list[Line]) -> None:
    for topic in (OPENED, COLLECTED, SEALED, VOIDED, REVEALED, PUBLISHED):
        line = next(line for line in log if line.topic == topic)
        assert faults(verify([*log, line])) != [], topic
    destroyed = next(line for line in log if line.topic == RatingBox.IssuerKeysDestroyed.TOPIC)
    early = [line for line in log if line is not destroyed]
    at = next(i for i, line in enumerate(early) if line.topic == COLLECTED)
    early.insert(at, destroyed)
    assert any("before every unit was sealed" in text for text in faults(verify(early)))


def test_what_is_no_event_is_told(log: list[Line]) -> None:
    altered, position = changed(log, SEALED, lambda state: state.pop("unit_id"))
    assert any(fault.position == position and "no event" in fault.text for fault in verify(altered).faults)


# -- draws

FROZEN = ReviewMeeting.CandidatesFrozen.TOPIC
DRAWN = ReviewMeeting.UnitsDrawn.TOPIC
DRAW_CHANGES: list[tuple[str, Callable[[State], object], str]] = [
    (DRAWN, set_to("secret", "1"), "not the one that was committed to"),
    (DRAWN, set_to("secret", "one"), "the secret is no number"),
    (DRAWN, lambda s: s["sources"][0]["numbers"].append(7), "the key string is"),
    (DRAWN, lambda s: s["sources"][0].update(name="体育彩票"), "not those that were announced"),
    (
        DRAWN,
        lambda s: (
            s["drawn"][0]["unit_ids"].reverse()
            or s["drawn"][0]["unit_ids"].append("ffffffff-ffff-5fff-bfff-ffffffffffff")
        ),
        "draws other units",
    ),
    (DRAWN, lambda s: s["drawn"].reverse(), "the categories drawn are not those"),
    (DRAWN, lambda s: s["drawn"][0].update(key="1./"), "the key string is"),
    (FROZEN, set_to("commitment", "00" * 32), "not the one that was committed to"),
    (FROZEN, lambda s: s["pools"][0]["candidates"].reverse(), "not the one that the rule asks for"),
    (FROZEN, lambda s: s["pools"][0]["candidates"].pop(), "not the one that the rule asks for"),
    (FROZEN, lambda s: s["pools"].pop(), "not one list for each category"),
    (FROZEN, lambda s: s["rule"]["quotas"][0].update(units=2), "not the one that the rule asks for"),
]


@pytest.mark.parametrize(("topic", "change", "says"), DRAW_CHANGES)
def test_a_changed_draw_is_caught(
    log: list[Line], topic: str, change: Callable[[State], object], says: str
) -> None:
    altered, _ = changed(log, topic, change)
    told = [fault.text for fault in verify_draws(altered).faults]
    assert any(says in text for text in told), told


def test_a_draw_without_its_list(log: list[Line]) -> None:
    told = [f.text for f in verify_draws(line for line in log if line.topic != FROZEN).faults]
    assert told == ["units were drawn before the candidates were frozen"]


# -- the command line


def test_the_commands_say_what_is_wrong_and_fail(
    log: list[Line], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(map(written, log)))
    assert list(read(path)) == log
    assert cli.main(["rating", "verify", str(path)]) == 0
    assert "all is right: 1 boxes, 1 units sealed with 7 ballots, 1 voided" in capsys.readouterr().out
    assert cli.main(["draw", "verify", str(path)]) == 0
    assert "all is right: 1 draws of 2 units" in capsys.readouterr().out
    altered, position = changed(log, SEALED, alter_grade)
    path.write_bytes(b"".join(map(written, altered)))
    assert cli.main(["rating", "verify", str(path)]) == 1
    told = capsys.readouterr()
    assert f"position {position}: box box: the ballot" in told.out
    assert "does not fit its grade" in told.out
    assert "are wrong" in told.err
    path.write_bytes(b"no json\n")
    assert cli.main(["rating", "verify", str(path)]) == 2
    assert "line 1" in capsys.readouterr().err


async def test_an_event_is_exported_with_the_entry_that_was_hashed(
    service: Insider, clock: SimulatedClock
) -> None:
    from service.log.merkle import leaf

    await service.give("registerUnit", {"code": "a", "name": "单位", "category": "ZONE"})
    rows = await service.app.database.fetch("select * from log.event order by position")
    for row in rows:
        assert leaf(line_of(row).entry.encode()) == row["leaf_hash"]
