"""What commands on commendations and accountability cases answer with."""

from typing import Any
from uuid import UUID

from domain import identifiers
from service.api.accountability.matters import AccountabilityCase, Commendation
from service.api.accountability.record import AccountabilityEntry
from service.api.payloads import Link, own_stream, payload


def _entry(event: Any) -> UUID | None:
    """The entry that the event brought; None for one that brought none."""
    effect = getattr(event, "effect", None)
    if effect is not None:
        return UUID(str(effect.id))
    return identifiers.entry_id(event.originator_id, event.originator_version)


_ENTRY = Link(AccountabilityEntry, "The entry in the record; null for what only publishes one.", _entry)

payload(
    "CommendationPayload",
    "A change of a commendation.",
    (
        "nominateCommendation",
        "confirmCommendation",
        "refuseCommendation",
        "awardCommendation",
        "publishCommendation",
        "revokeCommendation",
    ),
    commendation=Link(Commendation, "The commendation.", own_stream),
    entry=_ENTRY,
)
payload(
    "AccountabilityCasePayload",
    "A change of an accountability case.",
    (
        "openAccountabilityCase",
        "establishFact",
        "recordHearing",
        "dropAccountabilityCase",
        "imposePenalty",
        "publishPenalty",
        "lodgeAppeal",
        "upholdPenalty",
        "changePenalty",
        "overturnPenalty",
        "executePenalty",
        "liftPenalty",
        "closeAccountabilityCase",
    ),
    accountability_case=Link(AccountabilityCase, "The case.", own_stream),
    entry=_ENTRY,
)
