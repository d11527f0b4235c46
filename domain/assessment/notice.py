"""Notices of results (通报): a document for each span, which makes published rankings known.

Rules (articles 48, 51): a notice is issued for a span under a number (文号), once every category of the
scheme has a published ranking; it names their editions, and shows these for ever. When one of them has come
out in a further edition, the notice may be issued anew under another number; the one before stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.assessment.span import Span, spoken_span
from domain.directory import Category
from domain.refusal import require, require_line, require_optional_text


@dataclass(frozen=True)
class NoticedRanking:
    """A published ranking in one of its editions."""

    ranking_id: UUID
    category: Category
    edition: int


def usual_title(span: Span) -> str:
    """What a notice is called where nobody says otherwise."""
    return f"关于{spoken_span(span)}重点工作攻坚考核结果的通报"


class Notice(Aggregate):
    TOPIC = "notice"

    # -- events

    class Issued(Created):
        TOPIC = "notice.issued"
        span: Span
        edition: int
        number: str
        title: str
        text: str
        rankings: tuple[NoticedRanking, ...]

    class Reissued(Event):
        TOPIC = "notice.reissued"
        span: Span
        edition: int
        number: str
        title: str
        text: str
        rankings: tuple[NoticedRanking, ...]

    # -- commands

    @classmethod
    def issue(
        cls,
        span: Span,
        number: str,
        title: str,
        text: str,
        rankings: Sequence[NoticedRanking],
        at: datetime,
    ) -> Self:
        return cls.create(
            cls.Issued,
            identifiers.notice_id(span),
            at,
            span=span,
            edition=1,
            number=require_line(number, "number", most=60),
            title=require_line(title, "title", most=200),
            text=require_optional_text(text, "text", most=4000),
            rankings=tuple(rankings),
        )

    def reissue(
        self, number: str, title: str, text: str, rankings: Sequence[NoticedRanking], at: datetime
    ) -> None:
        require(tuple(rankings) != self.rankings, "notice.unchanged", field="period")
        number = require_line(number, "number", most=60)
        require(number not in self.numbers, "notice.number_used", field="number")
        self.trigger(
            Notice.Reissued,
            at,
            span=self.span,
            edition=self.edition + 1,
            number=number,
            title=require_line(title, "title", most=200),
            text=require_optional_text(text, "text", most=4000),
            rankings=tuple(rankings),
        )

    # -- how events change the state

    @event(Issued)
    def __init__(self, span: Span, edition: int, number: str, rankings: tuple[NoticedRanking, ...]) -> None:
        self.span = span
        self.edition = edition
        self.numbers = {number}
        self.rankings = rankings

    @event(Reissued)
    def _reissued(self, edition: int, number: str, rankings: tuple[NoticedRanking, ...]) -> None:
        self.edition = edition
        self.numbers.add(number)
        self.rankings = rankings
