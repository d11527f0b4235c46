"""The assessment scheme (考核办法) of the city, edition by edition.

Rules (article 51):
- A scheme is adopted on an authorising document, effective from a period; every change is a new edition.
- For a period, the latest edition that is effective from it or from an earlier one is in force.
- Once a ranking of a period has been published, the scheme for it and for all before it stays: no edition
  may be effective from there any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.scheme_content import SchemeContent, require_content
from domain.documents import Document, require_document
from domain.period import Period, require_period
from domain.refusal import Refusal, require, require_line


@dataclass(frozen=True)
class Edition:
    """An edition of the scheme. `number` counts from 1."""

    number: int
    effective_from: Period
    title: str
    content: SchemeContent


class AssessmentScheme(Aggregate):
    TOPIC = "scheme"

    # -- events

    class Adopted(Created):
        """The first edition."""

        TOPIC = "scheme.adopted"
        edition: int
        effective_from: Period
        title: str
        document: Document
        content: SchemeContent

    class Amended(Event):
        """A further edition, which stands for itself: it holds everything, not only what is new."""

        TOPIC = "scheme.amended"
        edition: int
        effective_from: Period
        title: str
        document: Document
        content: SchemeContent

    class PeriodClosed(Event):
        """A ranking of the period is published: the scheme for it stays as it is (定榜)."""

        TOPIC = "scheme.period_closed"
        period: Period

    # -- commands

    @classmethod
    def adopt(
        cls, effective_from: Period, title: str, document: Document, content: SchemeContent, at: datetime
    ) -> Self:
        return cls.create(
            cls.Adopted,
            identifiers.ASSESSMENT_SCHEME,
            at,
            edition=1,
            effective_from=require_period(effective_from, "effectiveFrom"),
            title=require_line(title, "title", most=200),
            document=require_document(document, at.date()),
            content=require_content(content),
        )

    def amend(
        self, effective_from: Period, title: str, document: Document, content: SchemeContent, at: datetime
    ) -> None:
        effective_from = require_period(effective_from, "effectiveFrom")
        closed = self.closed_until
        still_open = closed is None or effective_from > closed
        require(still_open, "scheme.period_published", field="effectiveFrom", period=closed)
        content = require_content(content)
        last = self.editions[-1]
        changed = (effective_from, content) != (last.effective_from, last.content)
        require(changed, "scheme.unchanged", field="content")
        self.trigger(
            AssessmentScheme.Amended,
            at,
            edition=last.number + 1,
            effective_from=effective_from,
            title=require_line(title, "title", most=200),
            document=require_document(document, at.date()),
            content=content,
        )

    def close_period(self, period: Period, at: datetime) -> None:
        """Nothing happens when it is closed already."""
        if self.closed_until is None or period > self.closed_until:
            self.trigger(AssessmentScheme.PeriodClosed, at, period=period)

    # -- rules asked by other nouns

    def in_force(self, period: Period, field: str = "period") -> Edition:
        """The edition in force for a period; refused when there is none yet."""
        for edition in reversed(self.editions):
            if edition.effective_from <= period:
                return edition
        raise Refusal("scheme.none_in_force", field=field, period=period)

    # -- how events change the state

    @event(Adopted)
    def __init__(self, edition: int, effective_from: Period, title: str, content: SchemeContent) -> None:
        self.editions = [Edition(edition, effective_from, title, content)]
        self.closed_until: Period | None = None

    @event(Amended)
    def _amended(self, edition: int, effective_from: Period, title: str, content: SchemeContent) -> None:
        self.editions.append(Edition(edition, effective_from, title, content))

    @event(PeriodClosed)
    def _period_closed(self, period: Period) -> None:
        self.closed_until = period
