"""Every change of a stored box is caught, from the log alone, and named with its position."""

import asyncio
import base64
import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.meeting import ReviewMeeting
from domain.rating_box import RatingBox
from service.ballots.archive import EVENTS
from service.ballots.lines import Line, entry_faults, lines, read, write, written
from service.ballots.verify import Report, verify
from service.ballots.verify_draw import verify_draws
from service.cli import main as cli
from service.embedded import embedded_postgres
from service.log.export import export
from service.store.clock import SimulatedClock
from service.tlog.note import parse_vkey
from tests.service.api.client import EVALUATOR, INSPECTOR, OFFICE, Insider
from tests.service.api.conftest import noon, opened
from tests.service.ballots.hall import Hall

State = dict[str, Any]
# The card that has voted.
USED: list[str] = []


async def played(server: str, data: Path, archived: Path) -> list[Line]:
    """A log with a meeting, a draw, a box by phone and card, one unit of it voided; and its archive."""
    clock = SimulatedClock(noon(2020, 5, 29))
    async with opened(server, data, clock) as app, Insider(app) as client:
        one_each = [{"category": category, "units": 1} for category in ("COUNTY", "ZONE")]
        room = await Hall(client, clock, 8).found()
        # The list of a meeting is frozen, and its draw abandoned; then it is frozen again, and drawn.
        await room.schedule()
        await room.freeze(one_each)
        await client.give("abandonDraw", {"meeting": room.meeting, "grounds": "开奖推迟"}, role=INSPECTOR)
        await room.freeze(one_each)
        await room.draw()
        await room.open()
        seeds = await room.print_cards(3)
        for n in range(6):
            await room.collect(n)
        await room.hand_out(6)
        await room.barrier(returned=2)
        batch = {"box": room.id, "batch": "b1", "papers": 1}
        await client.give("keyPaperBatch", batch, role=EVALUATOR)
        await client.give("confirmPaperBatch", batch, role=OFFICE)
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
        assert app.signer is not None
        checkpoint = await app.signer.seal()
        await asyncio.to_thread(archived.mkdir)
        await write(app.database, archived / EVENTS, checkpoint.size)
        keys = [parse_vkey(row["vkey"]) for row in await app.database.fetch("select vkey from log.signer")]
        await export(app.database, checkpoint, keys, archived, lambda done, total: None)
        return [line async for line in lines(app.database)]


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `duban log export --events` writes."""
    return tmp_path_factory.mktemp("verified") / "archive"


@pytest.fixture(scope="module")
def log(archived: Path) -> Iterator[list[Line]]:
    directory = archived.parent
    with embedded_postgres(directory / "postgres") as server:
        yield asyncio.run(played(server, directory / "data", archived))


def changed(log: list[Line], topic: str, change: Callable[[State], object]) -> tuple[list[Line], int]:
    """The log with the first event of this topic changed, and its position."""
    # Of a list that was frozen twice, the second: the draw is made from it.
    line = [line for line in log if line.topic == topic][-1 if topic == FROZEN else 0]
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
    [abandoned] = draws.abandoned
    assert "a draw was abandoned by inspector" in abandoned.text
    assert "开奖推迟" in abandoned.text


SEALED = RatingBox.BallotBoxSealed.TOPIC
COLLECTED = RatingBox.CredentialsCollected.TOPIC
OPENED = RatingBox.RatingOpened.TOPIC
PUBLISHED = RatingBox.RatingResultPublished.TOPIC
REVEALED = RatingBox.UnusedCredentialsRevealed.TOPIC
VOIDED = RatingBox.RatingVoided.TOPIC
KEYED = RatingBox.PaperBatchKeyed.TOPIC
CONFIRMED = RatingBox.PaperBatchConfirmed.TOPIC


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
    (VOIDED, set_to("timestamp", "2020-05-29T13:59:00+08:00"), "before its time, with 5 ballots missing"),
    (REVEALED, lambda s: s["seeds"].pop(), "1 cards were revealed of 2"),
    (REVEALED, lambda s: s["seeds"].reverse(), "the cards are not sorted"),
    (REVEALED, lambda s: s.update(seeds=["0" * 20, *s["seeds"][1:]]), "was not printed for this box"),
    (REVEALED, lambda s: s.update(seeds=["short", *s["seeds"][1:]]), "is no card"),
    (KEYED, set_to("papers", 9), "a batch has 9 papers, and 1 cards were handed out"),
    (KEYED, set_to("papers", 0), "the two counts of a batch of papers differ"),
    (KEYED, set_to("keyed_by", "office"), "somebody else than it says has keyed the batch"),
    (CONFIRMED, set_to("papers", 2), "the two counts of a batch of papers differ"),
    (CONFIRMED, set_to("batch", "b9"), "confirmed that nobody has keyed"),
    (CONFIRMED, lambda s: s.update(confirmed_by=s["keyed_by"]), "one person has keyed and confirmed"),
    (CONFIRMED, set_to("confirmed_by", "inspector"), "somebody else than it says has confirmed"),
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
        (COLLECTED, "papers were keyed while no ballots were cast"),
        (KEYED, "confirmed that nobody has keyed"),
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
    assert told == [
        "a draw was abandoned that was not to be made",
        "units were drawn before the candidates were frozen",
    ]


ABANDONED = ReviewMeeting.DrawAbandoned.TOPIC


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_to("secret", "1"), "not the one that was committed to"),
        (set_to("secret", "one"), "the secret is no number"),
        (set_to("abandoned_by", "office"), "abandoned by who froze its list"),
        (set_to("abandoned_by", "leader"), "somebody else than it says has abandoned the draw"),
    ],
)
def test_a_changed_abandonment_is_caught(
    log: list[Line], change: Callable[[State], object], says: str
) -> None:
    altered, position = changed(log, ABANDONED, change)
    told = verify_draws(altered).faults
    assert any(says in fault.text and fault.position == position for fault in told), told


def test_a_secret_that_was_lost_is_told(log: list[Line]) -> None:
    altered, _ = changed(log, ABANDONED, set_to("secret", None))
    report = verify_draws(altered)
    assert report.faults == []
    assert "the secret is lost" in report.abandoned[0].text


def test_a_list_that_is_frozen_again_and_again_is_caught(log: list[Line]) -> None:
    """As somebody who chooses among draws would have it: abandoned twice, and by another rule."""
    frozen = [line for line in log if line.topic == FROZEN]
    abandoned = next(line for line in log if line.topic == ABANDONED)
    at = log.index(frozen[1])
    told = [f.text for f in verify_draws([*log[:at], frozen[0], abandoned, *log[at:]]).faults]
    assert "the candidates were frozen again after 2 draws were abandoned" in told
    assert "the secret was revealed before" in told
    altered, _ = changed(log, FROZEN, lambda s: s["rule"].update(edition="another"))
    assert [f.text for f in verify_draws(altered).faults] == [
        "after a draw was abandoned, the rule is another"
    ]


def test_a_month_is_drawn_for_at_one_meeting(log: list[Line]) -> None:
    """Another meeting on the month would be another draw to choose from."""
    other = "00000000-0000-5000-8000-000000000001"
    scheduled = next(line for line in log if line.topic == ReviewMeeting.Scheduled.TOPIC)
    frozen = [line for line in log if line.topic == FROZEN][-1]
    copies = []
    for line in (scheduled, frozen):
        state = msgspec.json.decode(line.state) | {"originator_id": other}
        copies.append(msgspec.structs.replace(line, state=msgspec.json.encode(state).decode()))
    told = [f.text for f in verify_draws([*log, *copies]).faults]
    assert "another meeting on this month has drawn, or abandoned a draw" in told


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
    path.unlink()
    for command in ("rating", "draw"):
        assert cli.main([command, "verify", str(path)]) == 2
        assert capsys.readouterr().err == f"duban: there is no {path}\n"


def test_an_archive_is_one_for_the_log_and_for_what_is_in_it(
    log: list[Line], archived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, says in (
        ("rating", "all is right: 1 boxes"),
        ("draw", "all is right: 1 draws of 2 units, 1"),
    ):
        assert cli.main([command, "verify", str(archived), "--key", str(archived / "vkey")]) == 0
        told = capsys.readouterr().out
        assert f"{len(log)} events are what was signed" in told
        assert says in told
    # Without a key of one's own, the one that comes along is told.
    assert cli.main(["rating", "verify", str(archived)]) == 0
    assert "Compare it with the one that you were given" in capsys.readouterr().out

    altered, position = changed(log, SEALED, alter_grade)
    copy = tmp_path / "archive"
    shutil.copytree(archived, copy)
    (copy / EVENTS).write_bytes(b"".join(map(written, altered)))
    assert cli.main(["rating", "verify", str(copy)]) == 1
    assert f"position {position}: its state is not the one" in capsys.readouterr().out
    # Whoever changes the entry as well changes what was signed.
    line = altered[position - 1]
    entry = msgspec.json.decode(line.entry)
    entry["stateDigest"] = base64.b64encode(hashlib.sha256(line.salt + line.state.encode()).digest()).decode()
    altered[position - 1] = msgspec.structs.replace(line, entry=msgspec.json.encode(entry).decode())
    (copy / EVENTS).write_bytes(b"".join(map(written, altered)))
    assert cli.main(["rating", "verify", str(copy)]) == 1
    assert f"the event at position {position} is not the signed one" in capsys.readouterr().err
    (copy / EVENTS).write_bytes(b"".join(map(written, log[:-1])))
    assert cli.main(["rating", "verify", str(copy)]) == 2
    assert f"ends before position {len(log)}" in capsys.readouterr().err
    (copy / EVENTS).unlink()
    assert cli.main(["rating", "verify", str(copy)]) == 1
    assert "export it with --events" in capsys.readouterr().err


async def test_an_event_is_exported_with_the_entry_that_was_hashed(
    service: Insider, clock: SimulatedClock
) -> None:
    from service.tlog.merkle import leaf

    await service.give("registerUnit", {"code": "a", "name": "单位", "category": "ZONE"})
    database = service.app.database
    exported = [line async for line in lines(database)]
    hashes = await database.fetch("select leaf_hash from log.event order by position")
    assert [leaf(line.entry.encode()) for line in exported] == [row["leaf_hash"] for row in hashes]
