"""What the answers of different servers have in common."""

from __future__ import annotations

from service.bench.questions import QUESTIONS, Dialect, common

OURS = """{"data":{"task":{"id":"task:7b4c","status":"OPEN","completion":"0.50","reports":{"nodes":
[{"id":"report:1","reportedAt":"2024-12-31T09:00:00+08:00","period":"2024-12"}]}}}}"""
THEIRS = """{"data":{"task":{"id":"7b4c","status":"open","completion":"0.5","reports":
[{"id":"1","reportedAt":"2024-12-31T01:00:00.000000+00:00","period":"2024-12"}]}}}"""


def test_the_same_data_in_two_dialects_is_equal() -> None:
    assert common(OURS.encode()) == common(THEIRS.encode())


def test_other_data_is_not() -> None:
    assert common(OURS.encode()) != common(THEIRS.replace("0.5", "0.51").encode())
    assert common(OURS.encode()) != common(THEIRS.replace("T01", "T02").encode())


def test_our_own_ids_carry_their_kind() -> None:
    for question in QUESTIONS:
        ours, theirs = question.variables(Dialect.DUBAN), question.variables(Dialect.POSTGRAPHILE)
        for one, other in zip(ours, theirs, strict=True):
            assert one.get("id", "") == (f"{question.kind}:{other['id']}" if other else "")
