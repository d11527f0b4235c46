"""Which facts hold personal data, in which of their fields (个人信息保护法, articles 47 and 13).

Names live in the directory; other people may be named in what is written freely. A lawful erasure takes
exactly these fields: figures, days, ids and documents stay, so that every rule still finds what it needs, and
what is left of the fact is a fact of the same kind. Whoever adds an event with free writing adds a line here,
or says in the test that holds this table to the events (tests/domain/test_personal.py) why not.
"""

from collections.abc import Collection, Mapping
from typing import Any

ERASED = "【已依法删除】"
"""What is read where a text was erased; an erased list is empty."""

PERSONAL: Mapping[str, tuple[str, ...]] = {
    "directory.official_registered": ("name",),
    "task.listed": ("note",),
    "task.progress_reported": ("narrative", "evidence"),
    "task.report_corrected": ("narrative", "evidence", "reason"),
    "task.report_withdrawn": ("reason",),
    "task.report_verified": ("remark",),
    "task.report_disputed": ("reason",),
    "task.delivered": ("statement",),
    "task.accepted": ("remark",),
    "task.returned": ("reason",),
    # supervision
    "cards.raised": ("reason",),
    "cards.escalated": ("reason",),
    "cards.lifted": ("reason",),
    "cards.interview_conducted": ("record",),
    "cards.written_report_submitted": ("text",),
    "urge.issued": ("text",),
    "urge.acknowledged": ("remark",),
    "problem.listed": ("title", "description"),
    "problem.assigned": ("instruction",),
    "problem.discussed": ("opinion",),
    "problem.measures_planned": ("measures",),
    "problem.decided": ("decision",),
    "problem.resolved": ("result",),
    "problem.returned": ("reason",),
    "problem.closed": ("remark",),
    "problem.reopened": ("reason",),
    "joint_conference.convened": ("decisions.text",),
    "visit.conducted": ("summary",),
    "visit.finding_recorded": ("text",),
    "question_time.question_asked": ("question.text", "question.asked_by"),
    "question_time.question_answered": ("text",),
    "question_time.follow_up_assigned": ("follow_up.text",),
    "question_time.follow_up_completed": ("result",),
    "inquiry.question_asked": ("question.text", "question.asked_by"),
    "inquiry.question_answered": ("text",),
    "inquiry.follow_up_assigned": ("follow_up.text",),
    "inquiry.follow_up_completed": ("result",),
    "inquiry.unit_rated": ("remark",),
    "third_party_evaluation.reported": ("summary", "scores.grounds"),
    "exemplary_case.nominated": ("title", "text"),
    "exemplary_case.selected": ("reason",),
    "training_course.cancelled": ("reason",),
    "monthly_report.generated": (
        "text",
        "contents.assessment",
        "contents.suggestions",
        "contents.findings.text",
        "contents.problems_open.title",
    ),
    "monthly_report.reviewed": ("remark",),
    # meetings; the draws are checked from their events, of which nothing is ever gone
    "meeting.unit_presented": ("summary",),
    "meeting.comment_made": ("text",),
    "meeting.stage_evaluated": ("text",),
    "meeting.minutes_kept": ("text",),
    # assessment and accountability
    "evaluation.scored": ("remark",),
    "evaluation.corrected": ("reason",),
    "notice.issued": ("text",),
    "notice.reissued": ("text",),
    "ranking.republished": ("reason",),
    "commendation.nominated": ("title", "grounds", "evidence"),
    "commendation.confirmed": ("remark",),
    "commendation.refused": ("reason",),
    "commendation.revoked": ("reason",),
    "accountability_case.opened": ("summary",),
    "accountability_case.fact_established": ("fact", "evidence"),
    "accountability_case.hearing_recorded": ("statement",),
    "accountability_case.dropped": ("reason",),
    "accountability_case.penalty_executed": ("remark",),
    "accountability_case.penalty_lifted": ("reason",),
    "accountability_case.appealed": ("grounds", "evidence"),
    "accountability_case.appeal_decided": ("reason",),
    "accountability_case.closed": ("remark",),
    "webhook.removed": ("reason",),
}
"""By topic: the fields, and with points those of what they hold (`decisions.text`: of each decision)."""


def holds_personal_data(topic: str) -> bool:
    return topic in PERSONAL


def remains_of(topic: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a fact, given by its fields, when its personal data is taken away."""
    return _without(fields, PERSONAL[topic])


def _without(fields: Mapping[str, Any], personal: Collection[str]) -> dict[str, Any]:
    left = {}
    for name, value in fields.items():
        within = [path.removeprefix(f"{name}.") for path in personal if path.startswith(f"{name}.")]
        left[name] = _emptied(value) if name in personal else _within(value, within) if within else value
    return left


def _within(value: Any, personal: Collection[str]) -> Any:
    """The value, or each of them, without what is personal of it."""
    if isinstance(value, list):
        return [_within(each, personal) for each in value]
    return value if value is None else _without(value, personal)


def _emptied(value: Any) -> Any:
    if isinstance(value, str):
        return ERASED if value else value
    return [] if isinstance(value, list) else None
