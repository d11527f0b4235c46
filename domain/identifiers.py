"""Stable identities: the stream of a thing follows from its code in the plan.

A unit, an official, a campaign, a group or a task is named once, by a short code (`17.1`, `dept.ecology`).
Its identity is the UUIDv5 (RFC 9562) of that code, so the same plan loaded anywhere names the same streams,
and a code used twice meets itself in the store. Only ASCII is a code: no two of them look alike by Unicode's
tricks. What is malformed has no identity and is refused.
"""

import re
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

from domain.refusal import require

NAMESPACE = UUID("6f0d6a51-8d2f-5c1c-9d6b-3f7f0c6f2020")
DIRECTORY = uuid5(NAMESPACE, "directory")
CARD_SCHEME = uuid5(NAMESPACE, "card-scheme")
QUESTION_ROTA = uuid5(NAMESPACE, "question-rota")
DRAWS = uuid5(NAMESPACE, "draws")
BARRIERS = uuid5(NAMESPACE, "barriers")
NOTICES = uuid5(NAMESPACE, "notices")
SWEEPS = uuid5(NAMESPACE, "sweeps")

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def require_code(code: str, field: str = "code") -> str:
    """A code: 1-64 of a-z, 0-9, point, hyphen, underscore."""
    require(_CODE.fullmatch(code) is not None, "code.malformed", field=field)
    return code


def unit_id(code: str) -> UUID:
    return _identity("unit", code)


def official_id(code: str) -> UUID:
    return _identity("official", code)


def campaign_id(code: str) -> UUID:
    return _identity("campaign", code)


def group_id(code: str) -> UUID:
    return _identity("group", code)


def task_id(code: str) -> UUID:
    return _identity("task", code)


def webhook_id(code: str) -> UUID:
    return _identity("webhook", code)


def erasure_id(code: str) -> UUID:
    return _identity("erasure", code)


def access_day_id(day: date) -> UUID:
    return uuid5(NAMESPACE, f"access/{day}")


def report_id(task: UUID, version: int) -> UUID:
    """The report that the event of this version of the task's stream brought."""
    return uuid5(task, f"report/{version}")


# -- assessment


def points_id(source: UUID, part: object) -> UUID:
    """Points that a part of a source gives: a showing of a card, a unit in a rating or an evaluation."""
    return uuid5(source, f"points/{part}")


ASSESSMENT_SCHEME = uuid5(NAMESPACE, "assessment_scheme")


def evaluation_id(unit: UUID, period: str, component: str, group: UUID | None) -> UUID:
    """The score that this group (None: the office) gives the unit for the component in the month."""
    return uuid5(unit, f"evaluation/{period}/{component}/{group or 'office'}")


def ranking_id(span: str, category: str) -> UUID:
    return uuid5(NAMESPACE, f"ranking/{span}/{category}")


def notice_id(span: str) -> UUID:
    return uuid5(NAMESPACE, f"notice/{span}")


def publication_id(stream: UUID, edition: int) -> UUID:
    """An edition of a ranking or a notice."""
    return uuid5(stream, f"edition/{edition}")


# -- accountability


def commendation_id(code: str) -> UUID:
    return _identity("commendation", code)


def accountability_case_id(code: str) -> UUID:
    return _identity("accountability_case", code)


def effect_id(stream: UUID, version: int) -> UUID:
    """The award or penalty that the event of this version of the stream brought."""
    return uuid5(stream, f"effect/{version}")


def entry_id(stream: UUID, version: int) -> UUID:
    """The entry in an accountability record that the event of this version of the stream brought."""
    return uuid5(stream, f"entry/{version}")


def measures_id(edition: int) -> UUID:
    """What an edition of the scheme says of merit and fault."""
    return uuid5(NAMESPACE, f"measures/{edition}")


# -- meetings and ratings


def meeting_id(code: str) -> UUID:
    return _identity("meeting", code)


def rating_id(code: str) -> UUID:
    return _identity("rating", code)


def seat_id(rating: UUID, number: int) -> UUID:
    """A seat of the panel that rates in this box; who sits there is nowhere recorded."""
    return uuid5(rating, f"seat/{number}")


@lru_cache(8_192)
def _identity(kind: str, code: str) -> UUID:
    return uuid5(NAMESPACE, f"{kind}/{require_code(code)}")


# -- supervision


def edition_id(edition: int) -> UUID:
    """An edition of the scheme of cards."""
    return uuid5(CARD_SCHEME, f"edition/{edition}")


def cards_id(task: UUID) -> UUID:
    """The stream of a task's cards."""
    return uuid5(task, "cards")


def card_id(task: UUID, version: int) -> UUID:
    """The card that the event of this version of the stream of the task's cards showed first."""
    return uuid5(task, f"card/{version}")


def urge_id(task: UUID, occasion: str) -> UUID:
    """The one urge of a task on an occasion."""
    return uuid5(task, f"urge/{occasion}")


def sweep_id(day: date) -> UUID:
    return uuid5(NAMESPACE, f"sweep/{day}")


def problem_list_id(period: str) -> UUID:
    return uuid5(NAMESPACE, f"problem-list/{period}")


def joint_conference_id(period: str) -> UUID:
    return uuid5(NAMESPACE, f"joint-conference/{period}")


def finding_id(visit: UUID, version: int) -> UUID:
    return uuid5(visit, f"finding/{version}")


def question_time_id(day: date) -> UUID:
    """The one question time of the day's week."""
    return uuid5(NAMESPACE, f"question-time/{day - timedelta(days=day.weekday())}")


def problem_id(code: str) -> UUID:
    return _identity("problem", code)


def visit_id(code: str) -> UUID:
    return _identity("visit", code)


def inquiry_id(code: str) -> UUID:
    return _identity("inquiry", code)


def third_party_evaluation_id(code: str) -> UUID:
    return _identity("third-party-evaluation", code)


def public_appraisal_id(code: str) -> UUID:
    return _identity("public-appraisal", code)


def exemplary_case_id(code: str) -> UUID:
    return _identity("exemplary-case", code)


def exchange_meeting_id(code: str) -> UUID:
    return _identity("exchange-meeting", code)


def training_course_id(code: str) -> UUID:
    return _identity("training-course", code)


def monthly_report_id(group: UUID, period: str) -> UUID:
    """The one report of a group on a month."""
    return uuid5(group, f"monthly-report/{period}")
