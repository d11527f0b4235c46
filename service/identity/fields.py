"""Which role may read which field, and which rows. What is not here is nobody's.

A key is a type, or one of its fields where that differs from its type; a connection and its edges are read
like their node. What a mutation answers with is for whoever may give the command; the rows it leads to are
read by this table.
"""

from service.identity.roles import Role

_EVERYONE = frozenset(Role)
_INSIDE = _EVERYONE - {Role.PUBLIC}
_AUDIT = frozenset({Role.OFFICE, Role.INSPECTOR})
_FEED = _AUDIT | {Role.INTEGRATOR}

FIELDS: dict[str, frozenset[Role]] = {
    "Query": _EVERYONE,
    "Unit": _EVERYONE,
    "Unit.leadingOfficial": _INSIDE,
    "Unit.leadingPost": _INSIDE,
    "Unit.leadingSince": _INSIDE,
    "Official": _INSIDE,
    "Campaign": _EVERYONE,
    "Campaign.taskForce": _INSIDE,
    "TaskForceMember": _INSIDE,
    "SupervisionGroup": _INSIDE,
    "Task": _EVERYONE,
    "Task.note": _INSIDE,
    "LedgerEntry": _EVERYONE,
    "LedgerEntry.note": _INSIDE,
    "Indicator": _EVERYONE,
    "Milestone": _EVERYONE,
    "Report": _EVERYONE,
    "Report.narrative": _INSIDE,
    "Report.evidence": _INSIDE,
    "Report.group": _INSIDE,
    "Report.remark": _INSIDE,
    "Report.steps": _INSIDE,
    "ReportedValue": _EVERYONE,
    "Evidence": _INSIDE,
    "ReportStep": _INSIDE,
    "ReportStep.actor": _AUDIT,
    "LedgerConnection": _EVERYONE,
    "PageInfo": _EVERYONE,
    "Explanation": _EVERYONE,
    "IndicatorExplanation": _EVERYONE,
    "Viewer": _EVERYONE,
    "Subscription": _INSIDE,
    "Subscription.taskChanged": _EVERYONE,
    "TaskChange": _EVERYONE,
    "Subscription.eventsAppended": _FEED,
    "Event": _FEED,
    "Event.state": _AUDIT,
    # supervision
    "Card": _INSIDE,
    "CardStep": _INSIDE,
    "Urge": _INSIDE,
    "Sweep": _INSIDE,
    "DispatchLine": _INSIDE,
    "DispatchChange": _INSIDE,
    "Problem": _INSIDE,
    "ProblemStep": _INSIDE,
    "ProblemList": _INSIDE,
    "ConferenceDecision": _INSIDE,
    "JointConference": _INSIDE,
    "Visit": _INSIDE,
    "Finding": _INSIDE,
    "Inquiry": _INSIDE,
    "UnitRating": _INSIDE,
    "TaskForce": _INSIDE,
    "TaskForceTerm": _INSIDE,
    "CardScheme": _EVERYONE,
    "CardLevel": _EVERYONE,
    "CardRepetition": _EVERYONE,
    "QuestionTime": _EVERYONE,
    "Question": _EVERYONE,
    "FollowUp": _EVERYONE,
    "ThirdPartyEvaluation": _EVERYONE,
    "ThirdPartyScore": _EVERYONE,
    "PublicAppraisal": _EVERYONE,
    "PanelSeats": _EVERYONE,
    "AppraisalGrade": _EVERYONE,
    "ExemplaryCase": _EVERYONE,
    "ExchangeMeeting": _EVERYONE,
    "TrainingCourse": _EVERYONE,
    "Question.askedBy": _INSIDE,
    "QuestionTime.official": _INSIDE,
    "MonthlyReport": _INSIDE,
    "Obligation": _INSIDE,
}

# Rows that a role sees only in part: the name of a condition that the read type declares.
ROWS: dict[tuple[Role, str], str] = {
    (Role.PUBLIC, "Task"): "published",
    (Role.PUBLIC, "LedgerEntry"): "published",
    (Role.PUBLIC, "Report"): "published",
    # supervision
    (Role.PUBLIC, "QuestionTime"): "published",
    (Role.PUBLIC, "ThirdPartyEvaluation"): "published",
    (Role.PUBLIC, "PublicAppraisal"): "published",
    (Role.PUBLIC, "ExemplaryCase"): "published",
}
