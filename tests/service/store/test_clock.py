"""The clocks, by what they are for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.store.clock import FixedDayClock, SimulatedClock, SystemClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_system_clock_is_now_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta()


def test_the_day_of_a_demonstration_is_always_the_same() -> None:
    day = date(2020, 12, 20)
    clock = FixedDayClock(day, SHANGHAI)
    before = datetime.now(SHANGHAI)
    now = clock.now()
    after = datetime.now(SHANGHAI)
    assert now.utcoffset() == timedelta()
    assert now.astimezone(SHANGHAI).date() == day
    if before.date() == after.date():
        assert before.time() <= now.astimezone(SHANGHAI).time() <= after.time()


def test_a_simulated_clock_stands_still_until_it_is_set() -> None:
    clock = SimulatedClock(datetime(2020, 3, 1, 9, tzinfo=SHANGHAI))
    assert clock.now() == clock.now() == datetime(2020, 3, 1, 1, tzinfo=UTC)
    assert clock.now().utcoffset() == timedelta()
    clock.moment += timedelta(days=1)
    assert clock.now() == datetime(2020, 3, 2, 1, tzinfo=UTC)
