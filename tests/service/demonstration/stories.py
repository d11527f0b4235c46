"""What every chapter of the demonstration year is held to."""

from collections.abc import Sequence

from service.demonstration.acts import Act
from service.demonstration.workdays import is_workday


def require_one_story(told: Sequence[Act], again: Sequence[Act]) -> None:
    """Twice told, it is the same acts, each once, on workdays."""
    assert [(act.moment, act.name) for act in told] == [(act.moment, act.name) for act in again]
    assert len({act.name for act in told}) == len(told)
    assert all(is_workday(act.moment.date()) for act in told)
