"""Which role may read which field, and which rows. What is not here is nobody's.

A key is a type, or one of its fields where that differs from its type; a connection and its edges are read
like their node. What a mutation answers with is for whoever may give the command; the rows it leads to are
read by this table.
"""

from service.identity.roles import Role

_EVERYONE = frozenset(Role)
_INSIDE = _EVERYONE - {Role.PUBLIC}
_AUDIT = frozenset({Role.OFFICE, Role.INSPECTOR})
_JUDGES = _AUDIT | {Role.LEADER}
_DESK = frozenset({Role.OFFICE, Role.EVALUATOR})
_FEED = _AUDIT | {Role.INTEGRATOR}
_INSPECTION = frozenset({Role.INSPECTOR})

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
    # -- webhooks
    "Webhook": _FEED,
    # -- assessment
    "AssessmentScheme": _EVERYONE,
    "SchemeCategory": _EVERYONE,
    "SchemeComponent": _EVERYONE,
    "SchemeGrade": _EVERYONE,
    "SchemeAdjustment": _EVERYONE,
    "Evaluation": _INSIDE,
    "ProgressInput": _INSIDE,
    "Query.ranking": _INSIDE,
    "Query.rankingPreview": frozenset({Role.OFFICE, Role.LEADER}),
    "Query.explainScore": _INSIDE - {Role.OFFICIAL},
    "Ranking": _INSIDE,
    "RankingEntry": _INSIDE,
    "RankingComponent": _INSIDE,
    "RankingAdjustment": _INSIDE,
    "Contribution": _INSIDE,
    "EventReference": _INSIDE,
    "RankingPreview": frozenset({Role.OFFICE, Role.LEADER}),
    "Refused": _EVERYONE,
    "ScoreExplanation": _INSIDE - {Role.OFFICIAL},
    "Sentence": _INSIDE - {Role.OFFICIAL},
    "PublishedRanking": _EVERYONE,
    "PublishedEntry": _EVERYONE,
    "PublishedComponent": _EVERYONE,
    "PublishedAdjustment": _EVERYONE,
    "Notice": _EVERYONE,
    # -- accountability
    "Unit.leadingPosts": _INSIDE,
    "HeldPost": _INSIDE,
    "AccountabilityEntry": _EVERYONE,
    "AccountabilityEntry.evidence": _INSIDE,
    "AccountabilityEntry.official": _INSIDE,
    "AccountabilityEntry.officePost": _INSIDE,
    "AccountabilityEntry.officeUnit": _INSIDE,
    "AccountabilityEntry.actor": _AUDIT,
    "AccountabilityConnection": _EVERYONE,
    "Commendation": _EVERYONE,
    "Commendation.official": _INSIDE,
    "Commendation.nominatingUnit": _INSIDE,
    "Commendation.nominatingGroup": _INSIDE,
    "AccountabilityCase": _EVERYONE,
    "AccountabilityCase.official": _INSIDE,
    "AccountabilityCase.groundPosition": _INSIDE,
    "AccountabilityGround": _EVERYONE,
    "Measures": _EVERYONE,
    "CommendationForm": _EVERYONE,
    "PenaltyStep": _EVERYONE,
    "Query.priorityList": _JUDGES,
    "Query.priorityOfficials": _JUDGES,
    "PriorityListConnection": _JUDGES,
    "PriorityOfficialsConnection": _JUDGES,
    "PriorityUnit": _JUDGES,
    "PriorityOfficial": _JUDGES,
    "PriorityGround": _JUDGES,
    # audit
    "Event.stateText": _AUDIT,
    "Event.salt": _AUDIT,
    "Query.event": _FEED,
    "Query.events": _FEED,
    "Query.streamHistory": _AUDIT,
    "StreamHistory": _AUDIT,
    "HistoryStep": _AUDIT,
    "Query.diff": _AUDIT,
    "Change": _AUDIT,
    "Query.accesses": _INSPECTION,
    "Access": _INSPECTION,
    "Query.erasures": _AUDIT,
    "Erasure": _AUDIT,
    "Checkpoint": _EVERYONE,
    "InclusionProof": _EVERYONE,
    "InclusionProof.entry": _FEED,
    "InclusionProof.tlogProof": _FEED,
    "ConsistencyProof": _EVERYONE,
    # meetings and ratings
    "ReviewMeeting": _INSIDE,
    "AgendaItem": _INSIDE,
    "DrawnUnit": _INSIDE,
    "MeetingComment": _INSIDE,
    "FollowUp": _INSIDE,
    "DrawVerification": _EVERYONE,
    "DrawSource": _EVERYONE,
    "CategoryDraw": _EVERYONE,
    "DrawStep": _EVERYONE,
    "Rating": _EVERYONE,
    "Rating.meeting": _INSIDE,
    "RatedUnit": _EVERYONE,
    "GradeCount": _EVERYONE,
    "RatingBoxView": _EVERYONE,
    "BoxUnit": _EVERYONE,
    "BoxProof": _EVERYONE,
    "BoxGradeCount": _EVERYONE,
    "Ballot": _EVERYONE,
    "Grade": _EVERYONE,
    "IssuerKey": _EVERYONE,
    "BlindSignature": _EVERYONE,
    "RatingDesk": _DESK,
    "RatingDeskRater": _DESK,
    "RatingDeskUnit": _DESK,
}

# Rows that a role sees only in part: the name of a condition that the read type declares.
ROWS: dict[tuple[Role, str], str] = {
    (Role.PUBLIC, "Task"): "published",
    (Role.PUBLIC, "LedgerEntry"): "published",
    (Role.PUBLIC, "Report"): "published",
    # -- webhooks
    (Role.INTEGRATOR, "Webhook"): "own",
    # -- assessment
    (Role.REPORTER, "Evaluation"): "own_unit",
    # -- accountability
    **{
        (role, matter): scope
        for matter in ("AccountabilityEntry", "Commendation", "AccountabilityCase")
        for role, scope in (
            (Role.PUBLIC, "published"),
            (Role.INTEGRATOR, "published"),
            (Role.EVALUATOR, "published"),
            (Role.SUPERVISOR, "units"),
            (Role.REPORTER, "own_unit"),
            (Role.OFFICIAL, "own_record"),
        )
    },
}
