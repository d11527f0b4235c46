"""Which role may give which command, and how far it reaches. What is not here is refused."""

from service.identity.roles import Reach, Role

_Who = dict[Role, Reach]
_OFFICE: _Who = {Role.OFFICE: Reach.ANY}
_GROUP: _Who = {Role.SUPERVISOR: Reach.OWN_GROUP}
_OFFICE_OR_UNIT: _Who = {**_OFFICE, Role.REPORTER: Reach.OWN_UNIT}
_OFFICE_OR_EVALUATOR: _Who = {**_OFFICE, Role.EVALUATOR: Reach.ANY}
_OFFICE_OR_GROUP: _Who = {**_OFFICE, **_GROUP}
_OFFICE_OR_OWNER: _Who = {**_OFFICE, Role.INTEGRATOR: Reach.OWN}

COMMANDS: dict[str, _Who] = {
    "registerUnit": _OFFICE,
    "renameUnit": _OFFICE,
    "registerOfficial": _OFFICE,
    "appointOfficial": _OFFICE,
    "releaseOfficial": _OFFICE,
    "launchCampaign": _OFFICE,
    "formTaskForce": _OFFICE,
    "formSupervisionGroup": _OFFICE,
    "changeGroupCoverage": _OFFICE,
    "listTask": _OFFICE,
    "publishTask": _OFFICE_OR_UNIT,
    "reportProgress": _OFFICE_OR_UNIT,
    "correctReport": _OFFICE_OR_UNIT,
    "withdrawReport": _OFFICE_OR_UNIT,
    "publishReport": _OFFICE_OR_UNIT,
    "verifyReport": _GROUP,
    "disputeReport": _GROUP,
    "reviseTarget": _OFFICE,
    "extendDeadline": _OFFICE,
    "reassignTask": _OFFICE,
    "deliverTask": _OFFICE_OR_UNIT,
    "acceptTask": _OFFICE_OR_GROUP,
    "returnTask": _OFFICE_OR_GROUP,
    # -- webhooks
    "registerWebhook": _OFFICE_OR_OWNER,
    "changeWebhook": _OFFICE_OR_OWNER,
    "rotateWebhookSecret": _OFFICE_OR_OWNER,
    "removeWebhook": _OFFICE_OR_OWNER,
    # -- assessment
    "adoptScheme": _OFFICE,
    "scoreUnit": {**_OFFICE_OR_GROUP, Role.EVALUATOR: Reach.ANY},
    "correctScore": _OFFICE_OR_GROUP,
    "recordProgressScores": _OFFICE,
    "publishRanking": _OFFICE,
    "issueNotice": _OFFICE,
    # -- accountability
    "nominateCommendation": {**_OFFICE_OR_UNIT, **_GROUP},
    "confirmCommendation": _OFFICE,
    "refuseCommendation": _OFFICE,
    "awardCommendation": _OFFICE,
    "publishCommendation": _OFFICE,
    "revokeCommendation": _OFFICE,
    "openAccountabilityCase": _OFFICE,
    "establishFact": _OFFICE,
    "recordHearing": _OFFICE,
    "dropAccountabilityCase": _OFFICE,
    "imposePenalty": _OFFICE,
    "publishPenalty": _OFFICE,
    "lodgeAppeal": {**_OFFICE_OR_UNIT, Role.OFFICIAL: Reach.OWN_RECORD},
    "upholdPenalty": _OFFICE,
    "changePenalty": _OFFICE,
    "overturnPenalty": _OFFICE,
    "executePenalty": _OFFICE,
    "closeAccountabilityCase": _OFFICE,
    # audit: ordered by the office, confirmed by the inspectorate
    "orderErasure": _OFFICE,
    "confirmErasure": {Role.INSPECTOR: Reach.ANY},
    # meetings and ratings
    "scheduleReviewMeeting": _OFFICE,
    "reviseMeetingRoll": _OFFICE,
    "freezeCandidates": _OFFICE,
    "drawUnits": _OFFICE,
    "recordPresentation": _OFFICE,
    "recordComment": _OFFICE_OR_GROUP,
    "evaluateStage": _OFFICE,
    "assignFollowUp": _OFFICE,
    "keepMinutes": _OFFICE,
    "openRating": _OFFICE_OR_EVALUATOR,
    "strikeRater": _OFFICE_OR_EVALUATOR,
    "closeCollection": _OFFICE_OR_EVALUATOR,
    "sealRating": _OFFICE_OR_EVALUATOR,
    "destroyIssuerKeys": _OFFICE_OR_EVALUATOR,
    "revealUnusedCards": _OFFICE_OR_EVALUATOR,
    "publishRatingResults": _OFFICE_OR_EVALUATOR,
}

_DESK = frozenset({Role.OFFICE, Role.EVALUATOR})
_EVERYONE = frozenset(Role)

# Mutations that are no commands, because what they do is no fact.
STEPS: dict[str, frozenset[Role]] = {
    # ratings: whoever collects shows a code, and whoever casts shows nothing
    "checkInRater": _DESK,
    "handOutCards": _DESK,
    "takeCardBack": _DESK,
    "printCards": _DESK,
    "collectCredentials": _EVERYONE,
    "castBallot": _EVERYONE,
}
