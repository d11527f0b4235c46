"""The library's own recorder test cases, against our recorders through a thin synchronous shim.

`ApplicationRecorderTestCase` runs whole, its optional test of subscriptions included, and so does
`TrackingRecorderTestCase`. (Two of the tests are benchmarks of the library; their figures are not ours.)
`AggregateRecorderTestCase` expects `insert_events` to return None, as a recorder without an order of its own
does; it runs on a shim that keeps the positions to itself. `ProcessRecorderTestCase` cannot apply: it records
what was processed together with new events, and here a projection's progress is recorded with its rows.
"""

import asyncio
import threading
import unittest
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import UUID

import pytest
from eventsourcing.persistence import (
    ApplicationRecorder,
    Notification,
    StoredEvent,
    Subscription,
    Tracking,
    TrackingRecorder,
)
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    TrackingRecorderTestCase,
)

from service.store.clock import SystemClock
from service.store.database import Database
from service.store.migrate import migrate
from service.store.recorder import Recorder
from service.store.tracking import TrackingRecorder as AsyncTracking

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, for callers that know nothing of it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(60)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class SyncSubscription(Subscription[ApplicationRecorder]):
    def __init__(self, recorder: "SyncRecorder", gt: int | None, topics: Sequence[str]):
        super().__init__(recorder, gt, topics)
        self.loop = recorder.loop
        self.following = recorder.recorder.subscribe(gt, topics)

    def __next__(self) -> Notification:
        async def following() -> Notification | None:
            return await anext(self.following, None)

        notification = self.loop.run(following())
        if notification is None:
            raise StopIteration
        return notification

    def stop(self) -> None:
        super().stop()
        self.loop.loop.call_soon_threadsafe(self.following.stop)


class SyncRecorder(ApplicationRecorder):
    def __init__(self, loop: Loop, recorder: Recorder):
        self.loop = loop
        self.recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        return self.loop.run(self.recorder.insert_events(stored_events, **kwargs))

    def select_events(self, originator_id: UUID, **kwargs: Any) -> Sequence[StoredEvent]:  # type: ignore[override]
        return self.loop.run(self.recorder.select_events(originator_id, **kwargs))

    def select_notifications(self, *args: Any, **kwargs: Any) -> Sequence[Notification]:
        return self.loop.run(self.recorder.select_notifications(*args, **kwargs))

    def max_notification_id(self) -> int | None:
        return self.loop.run(self.recorder.max_notification_id())

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[Any]:
        return SyncSubscription(self, gt, topics)


class SilentRecorder(SyncRecorder):
    """As a recorder of aggregates only: it gives no positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:  # type: ignore[override]
        super().insert_events(stored_events, **kwargs)


class SyncTracking(TrackingRecorder):
    def __init__(self, loop: Loop, tracking: AsyncTracking):
        self.loop = loop
        self.tracking = tracking

    def insert_tracking(self, tracking: Tracking) -> None:
        self.loop.run(self.tracking.insert_tracking(tracking))

    def max_tracking_id(self, application_name: str) -> int | None:
        return self.loop.run(self.tracking.max_tracking_id(application_name))

    def has_tracking_id(self, application_name: str, notification_id: int | None) -> bool:
        return self.loop.run(self.tracking.has_tracking_id(application_name, notification_id))

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,
        interrupt: Any = None,
    ) -> None:
        self.loop.run(self.tracking.wait(application_name, notification_id, timeout, interrupt))


class Opened:
    """A loop, a database and a recorder, opened for one test case."""

    def __init__(self, dsn: str):
        self.loop = Loop()
        self.loop.run(migrate(dsn))
        self.database = self.loop.run(Database.open(dsn, size=4))
        self.context = Recorder.open(self.database, SystemClock())
        self.recorder = self.loop.run(self.context.__aenter__())

    def close(self) -> None:
        self.loop.run(self.context.__aexit__(None, None, None))
        self.loop.run(self.database.close())
        self.loop.close()


@pytest.fixture
def opened(dsn: str) -> Iterator[Opened]:
    one = Opened(dsn)
    yield one
    one.close()


class ApplicationCase(ApplicationRecorderTestCase[SyncRecorder]):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True
    __test__ = False
    opened: Opened

    def create_recorder(self) -> SyncRecorder:
        return SyncRecorder(self.opened.loop, self.opened.recorder)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class AggregateCase(AggregateRecorderTestCase):
    __test__ = False
    opened: Opened

    def create_recorder(self) -> SilentRecorder:
        return SilentRecorder(self.opened.loop, self.opened.recorder)


class TrackingCase(TrackingRecorderTestCase):
    __test__ = False
    opened: Opened

    def create_recorder(self) -> SyncTracking:
        return SyncTracking(self.opened.loop, AsyncTracking(self.opened.database))


CASES = [
    (kind, name)
    for kind in (ApplicationCase, AggregateCase, TrackingCase)
    for name in unittest.TestLoader().getTestCaseNames(kind)
]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind.__name__}-{name}" for kind, name in CASES])
def test_the_librarys_own_case(kind: type[Any], name: str, opened: Opened) -> None:
    case = kind(name)
    case.opened = opened
    result = unittest.TestResult()
    case.run(result)
    assert not result.failures + result.errors, result.failures + result.errors
    assert result.testsRun == 1
    assert not result.skipped


def test_all_of_the_librarys_cases_are_run() -> None:
    assert {(kind.__name__, name) for kind, name in CASES} == {
        ("ApplicationCase", "test_insert_select"),
        ("ApplicationCase", "test_performance"),
        ("ApplicationCase", "test_concurrent_no_conflicts"),
        ("ApplicationCase", "test_concurrent_throughput"),
        ("ApplicationCase", "test_insert_subscribe"),
        ("AggregateCase", "test_insert_and_select"),
        ("AggregateCase", "test_performance"),
        ("TrackingCase", "test_insert_tracking"),
        ("TrackingCase", "test_wait"),
    }


# The base classes would be collected as tests of their own.
del AggregateRecorderTestCase, ApplicationRecorderTestCase, TrackingRecorderTestCase
