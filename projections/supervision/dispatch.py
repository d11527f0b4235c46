"""The dispatch board (调度平台, article 48): for each campaign, unit and group what is due, overdue, carded,
unresolved. No table of its own: SQL over those of the ledger, the cards and the problems."""

from domain.supervision.problem import ProblemStatus
from domain.supervision.sweep import IN_PROGRESS

LINES = """(
    select id, 'campaign' as kind, code, name, number as place, array[id] as campaign_ids,
        '{}'::uuid[] as unit_ids from read.campaign
    union all
    select id, 'unit', code, name, 0, '{}', array[id] from read.unit
    union all
    select id, 'group', code, name, 0, campaign_ids, unit_ids from read.supervision_group)"""
"""The lines of the board: a unit's own tasks are those it leads; a group's those it covers."""

# {t} is a line, {date} the day of asking. An empty list of either kind covers all.
_COVERS = """(cardinality({t}.campaign_ids) = 0 or %(row)s.campaign_id = any({t}.campaign_ids))
    and (cardinality({t}.unit_ids) = 0 or %(row)s.%(unit)s = any({t}.unit_ids))"""
_TASK = _COVERS % {"row": "k", "unit": "lead_unit_id"} + f" and k.status in {IN_PROGRESS!r}"
_CARD = _COVERS % {"row": "k", "unit": "unit_id"} + " and k.is_open"
_URGE = _COVERS % {"row": "k", "unit": "unit_id"} + " and k.acknowledged_at is null"
_PROBLEM = _COVERS % {"row": "k", "unit": "unit_id"} + f" and k.status <> '{ProblemStatus.CLOSED.value}'"
# From Monday to Sunday.
_WEEK = "date_trunc('week', {date}::timestamp)::date"


def _count(table: str, condition: str) -> str:
    return f"(select count(*) from read.{table} k where {condition})::integer"


IN_HAND = _count("task", _TASK)
"""Tasks in progress."""
DUE_THIS_WEEK = _count("task", f"{_TASK} and k.deadline >= {{date}} and k.deadline < {_WEEK} + 7")
"""Tasks in progress whose deadline comes until Sunday."""
OVERDUE = _count("task", f"{_TASK} and k.deadline < {{date}}")
"""Tasks in progress past their deadline."""
CARDED = _count("card", _CARD)
"""Cards that stand."""
URGED = _count("urge", _URGE)
"""Urges that are not acknowledged."""
UNRESOLVED = _count("problem", _PROBLEM)
"""Problems that are not closed."""

FIGURES = (IN_HAND, DUE_THIS_WEEK, OVERDUE, CARDED, URGED, UNRESOLVED)
LINE = f"""
select array[{", ".join(FIGURES)}] from {LINES.replace("{}", "{{}}")} t where t.id = $1""".format(
    t="t", date="$2::date"
)
"""The figures of one line on a day, to see whether they have changed."""
