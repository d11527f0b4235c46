"""A supervision group's monthly report to the city committee and government (督导月报, article 48).

Rules: the report on a month is generated once the month is over, from what the ledger showed at its end; it
may be generated anew, as a new edition, until it is submitted. The group's leader reviews an edition and
names it by its SHA-256, so that what was read is what is reviewed; only the edition that was reviewed is
submitted. The event holds the figures and the very text, so that the document of record is in the log.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from eventsourcing.domain import event

from domain import identifiers
from domain.aggregate import Aggregate, Created, Event
from domain.period import Period, last_day, require_period
from domain.refusal import require, require_line, require_optional_text, require_text

MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Line:
    """Tasks together: of all the group covers, of a campaign, or of a unit. `completion` is the mean of those
    that are known, and `expected` that of all; both between 0 and 1."""

    name: str
    tasks: int
    accepted: int
    completion: Decimal | None
    expected: Decimal | None
    behind: int
    overdue: int
    reports_missing: int


@dataclass(frozen=True)
class TaskLine:
    """A task that is told of by itself."""

    code: str
    title: str
    unit: str
    deadline: date
    completion: Decimal | None
    expected: Decimal
    days_overdue: int


@dataclass(frozen=True)
class CardLine:
    """Cards of a level: shown in the month, and standing at its end."""

    level: str
    shown: int
    standing: int


@dataclass(frozen=True)
class ProblemLine:
    """A problem that was open at the month's end."""

    code: str
    title: str
    unit: str
    listed_on: date
    deadline: date | None


@dataclass(frozen=True)
class FindingLine:
    kind: str
    unit: str
    text: str


@dataclass(frozen=True)
class Contents:
    """What a report says. `position`: of the log, at the month's end. Problems are counted as listed and
    closed in the month, and as standing at its end; cards and visits by their days, whenever they were
    recorded; the longest lists are cut short."""

    group: str
    period: Period
    position: int
    demonstration: bool
    total: Line
    campaigns: tuple[Line, ...]
    units: tuple[Line, ...]
    furthest_behind: tuple[TaskLine, ...]
    due_next: tuple[TaskLine, ...]
    cards: tuple[CardLine, ...]
    problems_listed: int
    problems_closed: int
    problems_standing: int
    problems_open: tuple[ProblemLine, ...]
    visits: int
    findings: tuple[FindingLine, ...]
    assessment: str
    suggestions: str


def digest_of(text: str) -> str:
    """The SHA-256 of the text in UTF-8, as hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def require_month_over(period: Period, today: date) -> date:
    """The month's last day, which has passed."""
    end = last_day(require_period(period))
    require(today > end, "monthly_report.month_not_over", field="period", end=end)
    return end


class MonthlyReport(Aggregate):
    """The report of one group on one month."""

    TOPIC = "monthly_report"

    # -- events

    class Opened(Created):
        TOPIC = "monthly_report.opened"
        group_id: UUID
        period: Period

    class Generated(Event):
        TOPIC = "monthly_report.generated"
        edition: int
        contents: Contents
        text: str
        sha256: str

    class Reviewed(Event):
        TOPIC = "monthly_report.reviewed"
        edition: int
        sha256: str
        leader_id: UUID
        remark: str

    class Submitted(Event):
        TOPIC = "monthly_report.submitted"
        group_id: UUID
        period: Period
        edition: int
        sha256: str
        recipient: str

    # -- commands

    @classmethod
    def open(cls, group_id: UUID, period: Period, at: datetime) -> Self:
        require_month_over(period, at.date())
        id = identifiers.monthly_report_id(group_id, period)
        return cls.create(cls.Opened, id, at, group_id=group_id, period=period)

    def generate(self, contents: Contents, text: str, at: datetime) -> None:
        """`text`: the contents as Markdown, which is the document of record."""
        self.require_open()
        text = require_text(text, "text", most=MOST_CHARACTERS)
        sha256 = digest_of(text)
        require(sha256 != self.sha256, "monthly_report.unchanged", field="period")
        self.trigger(
            MonthlyReport.Generated,
            at,
            edition=self.edition + 1,
            contents=contents,
            text=text,
            sha256=sha256,
        )

    def review(self, sha256: str, leader_id: UUID, remark: str, at: datetime) -> None:
        self.require_open()
        require(sha256 == self.sha256, "monthly_report.not_latest", field="sha256")
        require(self.reviewed != self.edition, "monthly_report.reviewed", field="monthlyReport")
        self.trigger(
            MonthlyReport.Reviewed,
            at,
            edition=self.edition,
            sha256=sha256,
            leader_id=leader_id,
            remark=require_optional_text(remark, "remark", most=2000),
        )

    def submit(self, sha256: str, recipient: str, at: datetime) -> None:
        self.require_open()
        require(sha256 == self.sha256, "monthly_report.not_latest", field="sha256")
        require(self.reviewed == self.edition, "monthly_report.not_reviewed", field="monthlyReport")
        self.trigger(
            MonthlyReport.Submitted,
            at,
            group_id=self.group_id,
            period=self.period,
            edition=self.edition,
            sha256=sha256,
            recipient=require_line(recipient, "recipient", most=200),
        )

    # -- guards

    def require_open(self) -> None:
        require(not self.submitted, "monthly_report.submitted", field="monthlyReport")

    def require_of(self, group_id: UUID | None) -> None:
        """It is this group's, where a group speaks."""
        own = group_id is None or group_id == self.group_id
        require(own, "monthly_report.not_your_group", field="group")

    # -- how events change the state

    @event(Opened)
    def __init__(self, group_id: UUID, period: Period) -> None:
        self.group_id = group_id
        self.period = period
        self.edition = 0
        self.reviewed = 0
        self.submitted = False
        self.contents: Contents | None = None
        self.text = ""
        self.sha256 = ""

    @event(Generated)
    def _generated(self, edition: int, contents: Contents, text: str, sha256: str) -> None:
        self.edition = edition
        self.contents = contents
        self.text = text
        self.sha256 = sha256

    @event(Reviewed)
    def _reviewed(self, edition: int) -> None:
        self.reviewed = edition

    @event(Submitted)
    def _submitted(self) -> None:
        self.submitted = True
