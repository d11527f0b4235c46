"""Grounds of cases: some events of a topic will do, and others will not."""

from types import SimpleNamespace

import pytest

from domain.assessment.grounds import Ground
from domain.refusal import Refusal

RED = Ground("a_card", "red card", "红牌", topics=("cards.raised",), shows=lambda event: event.level == "red")


def test_an_event_that_shows_the_ground_will_do() -> None:
    RED.require_shown(SimpleNamespace(level="red"))
    Ground("a_letter", "letter", "来信").require_shown(None)


def test_an_event_that_does_not_show_it_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        RED.require_shown(SimpleNamespace(level="yellow"))
    assert (refused.value.code, refused.value.field) == ("ground.not_shown", "ground.position")
