"""The terms of a task (任务要求): who does it, to what target, by when; and how far they may change.

Rules (article 45): one lead unit (牵头单位) and any number of supporting units (配合单位), none named twice.
A target may be given or revised, also to one that the baseline meets: the authorising document decides, and
the indicator is then one to be kept. A deadline is only ever extended; milestones that demand the whole task
before the new deadline would leave the schedule as it was, so that they are to be given anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.indicator import ONE, Indicator, find_indicator, require_amount
from domain.refusal import require, require_line
from domain.schedule import Milestone, require_schedule

MOST_ASSUMED = 50


def require_assignment(lead_unit_id: UUID, supporting_unit_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The supporting units as they are recorded: no unit is named twice, the lead unit included."""
    named = [lead_unit_id, *supporting_unit_ids]
    require(len(set(named)) == len(named), "task.unit_twice", field="supportingUnits")
    return tuple(supporting_unit_ids)


def require_assumed(fields: Sequence[str]) -> tuple[str, ...]:
    """The names of fields that were not in the plan's text."""
    require(len(fields) <= MOST_ASSUMED, "task.too_many_assumed", field="assumed")
    return tuple(require_line(name, f"assumed.{i}", most=64) for i, name in enumerate(fields))


def require_revision(indicators: Sequence[Indicator], code: str, target: Decimal) -> Decimal:
    """The new target as it is recorded: sane, and not the present one."""
    known = find_indicator(indicators, code)
    revised = require_amount(known, target, "target")
    require(revised != known.target, "indicator.target_unchanged", field="target")
    return revised


def with_target(indicators: Sequence[Indicator], code: str, target: Decimal) -> tuple[Indicator, ...]:
    return tuple(replace(i, target=target) if i.code == code else i for i in indicators)


def require_extension(
    start: date,
    present: date,
    milestones: Sequence[Milestone],
    deadline: date,
    anew: Sequence[Milestone] | None,
) -> tuple[Milestone, ...]:
    """The milestones under the new deadline: those given `anew`, or with None those there are."""
    require(deadline > present, "task.deadline_not_later", field="deadline", deadline=present)
    if anew is None:
        unfinished = not milestones or milestones[-1].share < ONE
        require(unfinished, "task.milestones_outdated", field="milestones")
    return require_schedule(start, deadline, milestones if anew is None else anew)
