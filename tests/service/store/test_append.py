"""Appending: one order, one winner for each version, once for each key."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import DataError, IntegrityError, StoredEvent

from service.store import writer as writer_module
from service.store.batch import COLUMNS
from service.store.clock import SimulatedClock, SystemClock
from service.store.database import Database
from service.store.recorder import (
    CommandKey,
    IdempotencyConflict,
    Origin,
    Positions,
    Recorder,
    Unstorable,
    VersionConflict,
)
from tests.service.store.events import ORIGIN, event, run_of
from tests.service.store.soundness import require_sound

KEY = CommandKey("a-key-of-mine", b"digest")


async def test_one_of_many_wins_each_version_of_a_stream(recorder: Recorder, database: Database) -> None:
    stream = uuid4()
    for version in range(1, 6):
        attempts = [recorder.insert_events([event(stream, version)]) for _ in range(64)]
        answers = await asyncio.gather(*attempts, return_exceptions=True)
        assert Counter(type(answer) for answer in answers) == {Positions: 1, VersionConflict: 63}
    assert await require_sound(database) == 5


async def test_positions_are_dense_and_a_reader_that_saw_one_has_seen_all_before_it(
    recorder: Recorder, database: Database
) -> None:
    clients, appends = 64, 10
    done = False

    async def watch() -> list[int]:
        """The largest position again and again, each time with the number of those up to it."""
        seen = [0]
        while not done:
            last, count = await database.fetchrow(
                "select coalesce(max(position), 0), count(*) from log.event"
            )
            assert count == last >= seen[-1]
            seen.append(last)
        return seen

    async def append() -> list[int]:
        own: list[int] = []
        stream = uuid4()
        for version in range(1, appends + 1):
            own += await recorder.insert_events([event(stream, version)])
        assert own == sorted(own)
        return own

    watching = asyncio.create_task(watch())
    positions = await asyncio.gather(*(append() for _ in range(clients)))
    done = True
    assert (await watching)[-1] <= clients * appends
    assert sorted(p for own in positions for p in own) == list(range(1, clients * appends + 1))
    assert await require_sound(database) == clients * appends


async def test_several_writers_share_the_head(database: Database) -> None:
    """As many copies of the service do; here they meet on the streams too."""
    clock = SimulatedClock(datetime(2020, 5, 1, tzinfo=UTC))
    stream = uuid4()
    async with (
        Recorder.open(database, clock) as one,
        Recorder.open(database, SystemClock()) as two,
        Recorder.open(database, clock) as three,
    ):

        async def client(recorder: Recorder) -> int:
            won = 0
            for version in range(1, 21):
                await recorder.insert_events([event()])
                try:
                    await recorder.insert_events([event(stream, version)])
                    won += 1
                except VersionConflict:
                    continue
            return won

        won = await asyncio.gather(*(client(recorder) for recorder in (one, two, three) for _ in range(8)))
    assert await require_sound(database) == 24 * 20 + sum(won)
    assert sum(won) == len(await one.select_events(stream)) > 0


async def test_an_append_that_conflicts_is_refused_alone_and_whole(
    recorder: Recorder, database: Database
) -> None:
    stream = uuid4()
    answers = await asyncio.gather(
        recorder.insert_events([event()]),
        recorder.insert_events([event(stream, 1), event(stream, 3)]),
        recorder.insert_events([event(stream, 1), event(stream, 2)]),
        recorder.insert_events([event(), event(stream, 2)]),
        recorder.insert_events([event(stream, 3)]),
        return_exceptions=True,
    )
    assert [a if isinstance(a, Positions) else type(a) for a in answers] == [
        [1],
        VersionConflict,
        [2, 3],
        VersionConflict,
        [4],
    ]
    assert await require_sound(database) == 4


@pytest.mark.parametrize("believing", [False, True])
async def test_a_conflict_says_where_the_stream_is(recorder: Recorder, believing: bool) -> None:
    stream = uuid4()
    await recorder.insert_events(run_of(stream, 1, 3))
    if believing:
        await recorder.insert_events([event()])
    with pytest.raises(VersionConflict) as caught:
        await recorder.insert_events([event(stream, 3)])
    conflict = caught.value
    assert isinstance(conflict, IntegrityError)
    assert (conflict.stream_id, conflict.expected, conflict.actual) == (stream, 2, 3)


@pytest.mark.parametrize(
    ("recorded", "offered", "fits"),
    [
        # A new stream begins with 0 or 1, ...
        ([], [0], True),
        ([], [1], True),
        ([], [0, 1, 2], True),
        ([], [2], False),
        ([], [1, 0], False),
        # ... and goes on with the next version.
        ([0], [1], True),
        ([1], [0], False),
        ([1], [2, 3], True),
        ([1], [3], False),
        ([0, 1], [1], False),
        ([1, 2], [2], False),
        ([1], [2, 2], False),
    ],
)
@pytest.mark.parametrize("believing", [False, True])
async def test_which_versions_fit(
    recorder: Recorder,
    database: Database,
    recorded: list[int],
    offered: list[int],
    fits: bool,
    believing: bool,
) -> None:
    stream = uuid4()
    if believing:
        await recorder.insert_events([event()])
    if recorded:
        await recorder.insert_events([event(stream, version) for version in recorded])
    append = recorder.insert_events([event(stream, version) for version in offered])
    if fits:
        assert len(await append) == len(offered)
    else:
        with pytest.raises(VersionConflict):
            await append
    assert await require_sound(database) == believing + len(recorded) + (len(offered) if fits else 0)


async def test_events_come_back_as_they_went_in(recorder: Recorder) -> None:
    clock_before = datetime.now(UTC)
    stream, correlation = uuid4(), uuid4()
    state = bytes(range(256))
    stored = StoredEvent(stream, 1, "督办.测试", state)
    await recorder.insert_events([event()])
    await recorder.insert_events([stored], origin=Origin("单位:生态环境局", correlation, 1))
    assert await recorder.select_events(stream) == [stored]
    first, second = await recorder.select_notifications(None, 10)
    assert (second.id, second.originator_id, second.originator_version) == (2, stream, 1)
    assert (second.topic, second.state) == ("督办.测试", state)
    assert (second.actor, second.correlation, second.causation) == ("单位:生态环境局", correlation, 1)
    assert clock_before <= first.recorded_at <= second.recorded_at <= datetime.now(UTC)
    assert (first.actor, first.causation) == ("system", None)


async def test_no_events_bring_no_positions(recorder: Recorder) -> None:
    assert await recorder.insert_events([], origin=ORIGIN, command=KEY) == []
    assert await recorder.answered("office", KEY) is None
    assert await recorder.max_notification_id() is None


# -- keys


async def test_a_key_used_by_many_at_once_brings_one_append_and_the_same_answer(
    recorder: Recorder, database: Database
) -> None:
    work = [recorder.insert_events([event(), event()], origin=ORIGIN, command=KEY) for _ in range(32)]
    answers = await asyncio.gather(*work)
    assert answers == [[1, 2]] * 32
    assert Counter(answer.repeated for answer in answers) == {False: 1, True: 31}
    assert await require_sound(database) == 2


async def test_a_key_used_again_brings_the_answer_it_brought(recorder: Recorder, database: Database) -> None:
    stream = uuid4()
    assert await recorder.insert_events([event()]) == [1]
    first = await recorder.insert_events(run_of(stream, 1, 2), origin=ORIGIN, command=KEY)
    assert (first, first.repeated) == ([2, 3], False)
    await recorder.insert_events([event(stream, 3)])
    # The events are those of the first time: by now they would conflict.
    again = await recorder.insert_events(run_of(stream, 1, 2), origin=ORIGIN, command=KEY)
    assert (again, again.repeated) == ([2, 3], True)
    known = await recorder.answered("office", KEY)
    assert known is not None
    assert (known, known.repeated) == ([2, 3], True)
    assert await require_sound(database) == 4


@pytest.mark.parametrize("together", [False, True])
async def test_a_key_that_brought_another_command_is_refused(
    recorder: Recorder, database: Database, together: bool
) -> None:
    other = CommandKey(KEY.key, b"another digest")
    append = [
        recorder.insert_events([event()], origin=ORIGIN, command=KEY),
        recorder.insert_events([event()], origin=ORIGIN, command=other),
    ]
    if together:
        answers: list[Any] = await asyncio.gather(*append, return_exceptions=True)
    else:
        answers = [await append[0], *await asyncio.gather(append[1], return_exceptions=True)]
    assert answers[0] == [1]
    assert isinstance(answers[1], IdempotencyConflict)
    assert not isinstance(answers[1], IntegrityError), "nobody should try it again on a conflict of versions"
    with pytest.raises(IdempotencyConflict):
        await recorder.answered("office", other)
    assert await require_sound(database) == 1


async def test_a_key_belongs_to_its_actor(recorder: Recorder) -> None:
    assert await recorder.insert_events([event()], origin=ORIGIN, command=KEY) == [1]
    another = Origin("another", uuid4())
    assert await recorder.answered("another", KEY) is None
    assert await recorder.insert_events([event()], origin=another, command=KEY) == [2]


async def test_a_refused_append_leaves_its_key_unused(recorder: Recorder) -> None:
    with pytest.raises(VersionConflict):
        await recorder.insert_events([event(version=5)], origin=ORIGIN, command=KEY)
    assert await recorder.insert_events([event()], origin=ORIGIN, command=KEY) == [1]


async def test_rows_are_packed_in_the_order_of_the_tables_columns(database: Database) -> None:
    """COPY is not told which columns come."""
    rows = await database.fetch(
        "select column_name from information_schema.columns"
        " where table_schema = 'log' and table_name = 'event' order by ordinal_position"
    )
    assert tuple(row[0] for row in rows) == COLUMNS


# -- time


async def test_recorded_time_never_goes_back(database: Database) -> None:
    clock = SimulatedClock(datetime(2020, 5, 2, tzinfo=UTC))
    async with Recorder.open(database, clock) as recorder:
        for days in (0, -1, -300, 1, -2):
            clock.moment = datetime(2020, 5, 2, tzinfo=UTC) + timedelta(days)
            await recorder.insert_events([event(), event()])
    async with Recorder.open(database, SimulatedClock(datetime(2019, 1, 1, tzinfo=UTC))) as restarted:
        await restarted.insert_events([event()])
        recorded = await restarted.select_notifications(None, 100)
    assert [r.recorded_at.day for r in recorded] == [2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]
    assert await require_sound(database) == 11


async def test_the_position_at_a_moment(database: Database) -> None:
    clock = SimulatedClock(datetime(2020, 5, 1, tzinfo=UTC))
    async with Recorder.open(database, clock) as recorder:
        assert await recorder.position_at(clock.moment) == 0
        for day in (1, 2, 4):
            clock.moment = datetime(2020, 5, day, tzinfo=UTC)
            await recorder.insert_events([event(), event()])
        moments = [datetime(2020, 5, day, tzinfo=UTC) for day in (1, 2, 3, 4, 5)]
        assert [await recorder.position_at(m) for m in moments] == [2, 4, 4, 6, 6]
        assert await recorder.position_at(moments[0] - timedelta(microseconds=1)) == 0
        assert await recorder.position_at(moments[3] - timedelta(microseconds=1)) == 4


# -- what cannot be stored


@pytest.mark.parametrize("text", ["", "a\0b", "\ud800", "x\udfffy", "x" * 501])
async def test_text_that_cannot_be_stored_is_refused_before_it_meets_others(
    recorder: Recorder, text: str
) -> None:
    sound = asyncio.create_task(recorder.insert_events([event()]))
    with pytest.raises(Unstorable):
        await recorder.insert_events([event(topic=text)])
    with pytest.raises(Unstorable):
        Origin(text, uuid4())
    with pytest.raises(Unstorable):
        CommandKey(text, b"digest")
    assert await sound == [1]


@pytest.mark.parametrize(
    "bad",
    [
        StoredEvent("a-name", 1, "t", b""),
        StoredEvent(UUID(int=1), -1, "t", b""),
        StoredEvent(UUID(int=1), 2**31, "t", b""),
        StoredEvent(UUID(int=1), 1, "t", "text"),  # type: ignore[arg-type]
    ],
)
async def test_an_event_that_cannot_be_stored_is_refused(recorder: Recorder, bad: StoredEvent) -> None:
    with pytest.raises(Unstorable) as refused:
        await recorder.insert_events([event(), bad])
    assert isinstance(refused.value, DataError)
    assert await recorder.max_notification_id() is None


@pytest.mark.parametrize("believing", [False, True])
async def test_a_cause_is_an_event_of_the_log(
    recorder: Recorder, database: Database, believing: bool
) -> None:
    if believing:
        await recorder.insert_events([event()])
    answers = await asyncio.gather(
        recorder.insert_events([event()]),
        recorder.insert_events([event()], origin=Origin("a", uuid4(), 99)),
        recorder.insert_events([event()], origin=Origin("a", uuid4(), 1)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Positions, Unstorable, Positions]
    with pytest.raises(Unstorable):
        Origin("a", uuid4(), 0)
    assert await require_sound(database) == 2 + believing


async def test_batches_are_bounded_by_their_events_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "BATCH_EVENTS", 10)
    async with Recorder.open(database, SystemClock()) as recorder:
        await asyncio.gather(*(recorder.insert_events(run_of(uuid4(), 1, 7)) for _ in range(20)))
    assert (
        await database.fetchval(
            "select max(n) from (select count(*) n from log.event group by recorded_at) x"
        )
        == 14
    )
    assert await require_sound(database) == 140


async def test_an_append_of_many_events_is_one(recorder: Recorder, database: Database) -> None:
    assert await recorder.insert_events(run_of(uuid4(), 1, 20_000)) == list(range(1, 20_001))
    assert await require_sound(database) == 20_000
