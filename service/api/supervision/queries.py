"""The root fields of supervision's reads."""

import strawberry

from service.api.plan.declare import to_many
from service.api.relay import Connection
from service.api.supervision.cards import (
    Card,
    CardFilter,
    CardOrder,
    CardScheme,
    Sweep,
    SweepOrder,
    Urge,
    UrgeFilter,
    UrgeOrder,
)
from service.api.supervision.dispatch import DispatchFilter, DispatchLine, DispatchOrder
from service.api.supervision.learning import (
    ExchangeMeeting,
    ExemplaryCase,
    ExemplaryCaseFilter,
    TrainingCourseConnection,
    TrainingCourseFilter,
)
from service.api.supervision.monthly_reports import MonthlyReport, MonthlyReportFilter
from service.api.supervision.obligations import Obligation, ObligationFilter, ObligationOrder
from service.api.supervision.oversight import (
    DayOrder,
    Finding,
    FindingFilter,
    Inquiry,
    InquiryFilter,
    PublicAppraisal,
    QuestionTime,
    QuestionTimeFilter,
    ThirdPartyEvaluation,
    Visit,
    VisitFilter,
)
from service.api.supervision.problems import (
    JointConference,
    MonthFilter,
    MonthOrder,
    Problem,
    ProblemFilter,
    ProblemList,
    ProblemOrder,
)


@strawberry.type(description="Reads of supervision.")
class SupervisionQuery:
    cards = to_many(Connection[Card], CardOrder, CardFilter, "cards", description="Cards. Not public. 亮牌")
    card_schemes = to_many(
        Connection[CardScheme],
        None,
        None,
        "cardSchemes",
        description="The editions of the scheme of cards, the one in force first. 亮牌办法",
    )
    urges = to_many(Connection[Urge], UrgeOrder, UrgeFilter, "urges", description="Urges. Not public. 催办")
    sweeps = to_many(
        Connection[Sweep], SweepOrder, None, "sweeps", description="The daily sweeps. Not public. 每日调度"
    )
    dispatch_board = to_many(
        Connection[DispatchLine],
        DispatchOrder,
        DispatchFilter,
        "dispatchBoard",
        description="What is due, overdue, carded, unresolved for whom. Not public. 调度平台",
    )
    problems = to_many(
        Connection[Problem], ProblemOrder, ProblemFilter, "problems", description="Problems. Not public. 问题"
    )
    problem_lists = to_many(
        Connection[ProblemList],
        MonthOrder,
        MonthFilter,
        "problemLists",
        description="The monthly problem lists. Not public. 问题清单",
    )
    joint_conferences = to_many(
        Connection[JointConference],
        MonthOrder,
        MonthFilter,
        "jointConferences",
        description="The joint conferences. Not public. 联席会议",
    )
    visits = to_many(
        Connection[Visit], DayOrder, VisitFilter, "visits", description="Field visits. Not public. 督导"
    )
    findings = to_many(
        Connection[Finding],
        DayOrder,
        FindingFilter,
        "findings",
        description="What visits found. Not public. 督导发现",
    )
    question_times = to_many(
        Connection[QuestionTime],
        DayOrder,
        QuestionTimeFilter,
        "questionTimes",
        description="Question times. Public once concluded. 问政",
    )
    inquiries = to_many(
        Connection[Inquiry],
        DayOrder,
        InquiryFilter,
        "inquiries",
        description="Inquiries. Not public. 工作问询",
    )
    third_party_evaluations = to_many(
        Connection[ThirdPartyEvaluation],
        DayOrder,
        None,
        "thirdPartyEvaluations",
        description="Evaluations by third parties. Public once published. 第三方评估",
    )
    public_appraisals = to_many(
        Connection[PublicAppraisal],
        DayOrder,
        None,
        "publicAppraisals",
        description="Public appraisals. Public once published. 社会评议",
    )
    exemplary_cases = to_many(
        Connection[ExemplaryCase],
        DayOrder,
        ExemplaryCaseFilter,
        "exemplaryCases",
        description="Exemplary cases. Public once published. 典型案例",
    )
    exchange_meetings = to_many(
        Connection[ExchangeMeeting],
        DayOrder,
        None,
        "exchangeMeetings",
        description="Exchange meetings on site. 现场经验交流会",
    )
    training_courses = to_many(
        TrainingCourseConnection,
        DayOrder,
        TrainingCourseFilter,
        "trainingCourses",
        description="Training courses. 专题培训",
    )
    monthly_reports = to_many(
        Connection[MonthlyReport],
        MonthOrder,
        MonthlyReportFilter,
        "monthlyReports",
        description="The groups' monthly reports. Not public. 督导月报",
    )
    obligations = to_many(
        Connection[Obligation],
        ObligationOrder,
        ObligationFilter,
        "obligations",
        description="What recurs, when it is due, whether it was done. Not public. 履职任务",
    )
