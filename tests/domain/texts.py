"""Texts as long as they may be, and one character longer."""

from collections.abc import Callable, Sequence

from tests.domain.scenario import Command, given

Told = Callable[[str], Command]
"""The command that tells a text."""


def require_length(history: Sequence[Command], told: Told, field: str, most: int) -> None:
    """After the history a text of `most` characters is recorded, and a longer one refused."""
    given(*history).when(told("字" * (most + 1))).then_refused(
        "text.too_long", field=field, says=f"共{most + 1}字，请压缩至{most}字以内"
    )
    outcome = given(*history).when(told("字" * most))
    assert outcome.refusal is None
    assert len(outcome.recorded) == 1
