"""What a process knows of its own writes: never more than is so."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store import own
from service.store.own import OwnWrites

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_a_stream_stands_still_while_this_process_writes_to_others() -> None:
    writes = OwnWrites()
    writes.wrote([1, 2], [A, B])
    writes.wrote([3], [B])
    assert writes.unmoved(A, 1, 3)
    assert not writes.unmoved(B, 2, 3)
    assert writes.unmoved(B, 3, 3)


def test_what_somebody_else_has_written_is_not_known() -> None:
    writes = OwnWrites()
    writes.wrote([1], [A])
    assert not writes.unmoved(A, 1, 2)
    writes.wrote([3], [B])
    assert not writes.unmoved(A, 1, 3)
    assert writes.unmoved(A, 2, 3)


def test_of_many_streams_only_the_last_run_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_STREAMS", 2)
    writes = OwnWrites()
    for position, stream in enumerate((A, B, C), start=1):
        writes.wrote([position], [stream])
    assert not writes.unmoved(A, 1, 3)
    assert writes.unmoved(A, 2, 3)


# The log in order: each append with its streams, and whether this process wrote it.
LOGS = st.lists(st.tuples(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3), st.booleans()))


@given(LOGS, st.randoms(use_true_random=False))
def test_it_never_says_so_of_a_stream_that_has_moved(log: list[tuple[list[UUID], bool]], rng: object) -> None:
    """Whatever others write in between, and in whatever order the answers arrive."""
    streams = [stream for appended, _ in log for stream in appended]
    appends, position = [], 0
    for appended, ours in log:
        positions = list(range(position + 1, position + len(appended) + 1))
        position += len(appended)
        if ours:
            appends.append((positions, appended))
    rng.shuffle(appends)  # type: ignore[attr-defined]
    writes = OwnWrites()
    for positions, appended in appends:
        writes.wrote(positions, appended)
        for since in range(position + 1):
            for until in range(since, position + 1):
                for stream in (A, B, C):
                    if writes.unmoved(stream, since, until):
                        assert stream not in streams[since:until]
