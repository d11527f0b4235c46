"""Commands on the monthly reports of the supervision groups."""

from uuid import UUID

from domain import identifiers
from domain.refusal import Refusal, require_optional_text
from domain.supervision.monthly_report import MonthlyReport, require_month_over
from domain.supervision_group import SupervisionGroup
from service.commands.command import Command, GroupId, MonthlyReportId, about, command
from service.desk import Desk
from service.monthly_reports.gathering import Words, gathered
from service.monthly_reports.markdown import markdown

_GROUP = "The supervision group that speaks; a supervisor's own if left out."
_SHA256 = "The SHA-256 of the edition that was read, so that no other is meant."


@command("generateMonthlyReport")
class GenerateMonthlyReport(Command):
    """Generate a group's report on a month from the ledger as of the month's end. 生成督导月报"""

    period: str = about("The month, which is over, such as `2020-05`.")
    group: GroupId = about("The group; a supervisor's own.")
    assessment: str = about("The group's own assessment of the month.", default="")
    suggestions: str = about("What it suggests.", default="")

    async def handle(self, desk: Desk) -> None:
        group_id = desk.require_group(self.group)
        group = await desk.load(SupervisionGroup, group_id, "group")
        require_month_over(self.period, desk.at.date())
        report = await desk.find(MonthlyReport, self.subject())
        if report is None:
            report = MonthlyReport.open(group_id, self.period, desk.at)
            desk.add(report)
        report.require_open()
        words = Words(
            require_optional_text(self.assessment, "assessment", most=4000),
            require_optional_text(self.suggestions, "suggestions", most=4000),
        )
        contents = await gathered(desk, group, self.period, words)
        report.generate(contents, markdown(contents), desk.at)

    def subject(self) -> UUID:
        return identifiers.monthly_report_id(self.group, self.period)


class _OfReport(Command):
    monthly_report: MonthlyReportId

    def subject(self) -> UUID:
        return self.monthly_report

    async def loaded(self, desk: Desk, group: UUID | None) -> MonthlyReport:
        """The report, if it is the group's that speaks."""
        report = await desk.find(MonthlyReport, self.monthly_report)
        if report is None:
            raise Refusal("monthly_report.unknown", field="monthlyReport")
        report.require_of(desk.group(group))
        return report


@command("reviewMonthlyReport")
class ReviewMonthlyReport(_OfReport):
    """Record that the group's leader has reviewed the latest edition. 审核督导月报"""

    monthly_report: MonthlyReportId = about("The report.")
    sha256: str = about(_SHA256)
    remark: str = about("A remark.", default="")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        report = await self.loaded(desk, self.group)
        group = await desk.load(SupervisionGroup, report.group_id, "group")
        report.review(self.sha256, group.leader_id, self.remark, desk.at)


@command("submitMonthlyReport")
class SubmitMonthlyReport(_OfReport):
    """Submit the reviewed edition to the city committee and government. 报送督导月报"""

    monthly_report: MonthlyReportId = about("The report.")
    sha256: str = about(_SHA256)
    recipient: str = about("To whom.", default="市委、市政府")
    group: GroupId | None = about(_GROUP, default=None)

    async def handle(self, desk: Desk) -> None:
        report = await self.loaded(desk, self.group)
        report.submit(self.sha256, self.recipient, desk.at)
