"""The daily sweeps (每日调度), and what a sweep reads of the ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct

from domain.supervision.sweep import IN_PROGRESS, Sweep
from projections.projection import Fact, Index, Projection, Table


class SweepRow(Struct, frozen=True, gc=False):
    """A day's sweep and what it brought."""

    id: UUID
    swept_on: date
    read_position: int
    edition: int
    tasks: int
    raised: int
    escalated: int
    repeated: int
    lifted: int
    interviews: int
    urged: int


SWEEP = Table("sweep", SweepRow, ("id",), indexes=(Index(("swept_on", "id")),))

LAST_SWEPT = "select swept_on from read.sweep order by swept_on desc limit 1"
"""The last day that was swept; no row before the first."""

TASKS_ON_DAY = f"""
select t.id, t.campaign_id, t.lead_unit_id, t.key_task, t.start_on, t.deadline, t.milestone_dates,
    t.milestone_shares, t.status in {IN_PROGRESS!r}, t.delivered_on, t.completion, t.reported_months
from read.task_version t
where t.valid_from <= $1 and $1 < t.valid_to
order by t.code_key, t.id"""
"""Every task at a position of the log, as `domain.supervision.sweep.TaskOnDay` has it."""


@SWEEP.begins(Sweep.Conducted)
def _conducted(fact: Fact[Sweep.Conducted]) -> SweepRow:
    event, tally = fact.event, fact.event.tally
    return SweepRow(
        id=event.originator_id,
        swept_on=event.on,
        read_position=event.position,
        edition=event.edition,
        tasks=tally.tasks,
        raised=tally.raised,
        escalated=tally.escalated,
        repeated=tally.repeated,
        lifted=tally.lifted,
        interviews=tally.interviews,
        urged=tally.urged,
    )


SWEEPS = Projection("sweeps", version=1, tables=(SWEEP,), follows=(Sweep,))
