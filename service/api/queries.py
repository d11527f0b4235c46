"""The root of all reads. Every field but `viewer` and `explainProgress` is compiled to SQL, never resolved
here."""

from typing import Annotated

import strawberry

from service.api.accountability.queries import AccountabilityQuery
from service.api.assessment.queries import AssessmentQuery
from service.api.audit.accesses import AccessQueries
from service.api.audit.erasures import ErasureQueries
from service.api.audit.events import EventQueries
from service.api.audit.history import HistoryQueries
from service.api.audit.proofs import ProofQueries
from service.api.campaigns import Campaign, CampaignFilter, CampaignOrder, SupervisionGroup
from service.api.explanations import Explanation, explain_progress
from service.api.plan.declare import AnyNode, AsOf, One, planned, to_many
from service.api.ratings.box import RatingBoxQueries
from service.api.ratings.results import RatingQueries
from service.api.relay import Connection, Node
from service.api.reports import Report, ReportFilter, ReportOrder
from service.api.review_meetings import ReviewMeetingQueries
from service.api.scalars import Position
from service.api.supervision.queries import SupervisionQuery
from service.api.tasks import AsOfInput, LedgerConnection, Task, TaskFilter, TaskOrder
from service.api.units import Official, Unit, UnitFilter, UnitOrder
from service.api.viewer import ViewerType, viewer
from service.api.webhooks import WebhookQueries
from service.store import as_of

Id = Annotated[
    strawberry.ID, strawberry.argument(description="The id, as an answer of this service gave it.")
]
MinPosition = Annotated[
    Position | None,
    strawberry.argument(
        description="Answer only once the read tables have reached this position of the log."
    ),
]


@strawberry.type(description="Reads. One operation is answered by one SQL statement.")
class Query(
    AssessmentQuery,
    AccountabilityQuery,
    WebhookQueries,
    EventQueries,
    HistoryQueries,
    AccessQueries,
    ErasureQueries,
    ProofQueries,
    ReviewMeetingQueries,
    RatingQueries,
    RatingBoxQueries,
    SupervisionQuery,
):
    @planned(AnyNode(), description="Anything by its id, or null.")
    def node(self, id: Id, min_position: MinPosition = None) -> Node | None: ...

    @planned(One(), description="A task by its id, or null. 任务")
    def task(self, id: Id, min_position: MinPosition = None) -> Task | None: ...

    @planned(One(), description="A campaign by its id, or null. 攻坚战")
    def campaign(self, id: Id, min_position: MinPosition = None) -> Campaign | None: ...

    @planned(One(), description="A unit by its id, or null. 单位")
    def unit(self, id: Id, min_position: MinPosition = None) -> Unit | None: ...

    @planned(One(), description="An official by id, or null. Not public. 干部")
    def official(self, id: Id, min_position: MinPosition = None) -> Official | None: ...

    @planned(One(), description="A progress report by its id, or null. 进度报告")
    def progress_report(self, id: Id, min_position: MinPosition = None) -> Report | None: ...

    tasks = to_many(
        Connection[Task], TaskOrder, TaskFilter, "tasks", description="Tasks of all campaigns. 任务"
    )
    campaigns = to_many(
        Connection[Campaign], CampaignOrder, CampaignFilter, "campaigns", description="The campaigns. 攻坚战"
    )
    units = to_many(Connection[Unit], UnitOrder, UnitFilter, "units", description="The units. 单位")
    supervision_groups = to_many(
        Connection[SupervisionGroup],
        None,
        None,
        "groups",
        description="The supervision groups. Not public. 督导评估组",
    )
    progress_reports = to_many(
        Connection[Report], ReportOrder, ReportFilter, "reports", description="Progress reports. 进度报告"
    )

    @planned(
        AsOf(
            "ledger",
            live_position="(select p.position from read.checkpoint p where p.projection = 'ledger')",
            position_of_date=as_of.POSITION_OF_DATE,
            date_of_position=as_of.DATE_OF_POSITION,
        ),
        description="The electronic ledger (电子台账): every task with its figures, now or as of a moment.",
    )
    def ledger(
        self,
        campaign: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this campaign's tasks.")
        ] = None,
        as_of: Annotated[
            AsOfInput | None, strawberry.argument(description="Look back to this moment.")
        ] = None,
        first: Annotated[int | None, strawberry.argument(description="How many lines; at most 500.")] = None,
        after: Annotated[str | None, strawberry.argument(description="Continue behind this cursor.")] = None,
        last: Annotated[int | None, strawberry.argument(description="How many lines from the end.")] = None,
        before: Annotated[
            str | None, strawberry.argument(description="Continue in front of this cursor.")
        ] = None,
        filter: Annotated[TaskFilter | None, strawberry.argument(description="Which lines.")] = None,
        order_by: Annotated[TaskOrder | None, strawberry.argument(description="How they are sorted.")] = None,
        min_position: MinPosition = None,
    ) -> LedgerConnection: ...

    viewer: ViewerType = strawberry.field(resolver=viewer, description="Who is asking. 当前用户")
    explain_progress: Explanation | None = strawberry.field(
        resolver=explain_progress,
        description="A task's completion, expected completion and deviation, told in sentences. 进度说明",
    )
