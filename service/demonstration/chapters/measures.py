"""What the scheme of the demonstration says of merit and fault. Invented: the plan names no figures."""

from decimal import Decimal

from domain.assessment.measures import CommendationForm, Measures, PenaltyStep, PriorityRule
from domain.assessment.subject import SubjectKind

_UNIT, _OFFICIAL = (SubjectKind.UNIT,), (SubjectKind.OFFICIAL,)
_BOTH = (*_UNIT, *_OFFICIAL)

MEASURES = Measures(
    forms=(
        CommendationForm("notice", "通报表扬", "commended in a notice", Decimal("1.0"), _BOTH, 12),
        CommendationForm("award", "嘉奖", "award", Decimal("1.5"), _OFFICIAL, 12),
        CommendationForm("advanced", "先进集体", "advanced unit", Decimal("2.0"), _UNIT, 12),
        CommendationForm("merit", "记功", "merit recorded", Decimal("3.0"), _OFFICIAL, 24),
    ),
    ladder=(
        PenaltyStep("reminder", "提醒", "reminder", Decimal("0"), _BOTH, 3),
        PenaltyStep("talk", "约谈", "admonishing talk", Decimal("-0.5"), _BOTH, 6),
        PenaltyStep("inspection", "责令检查", "ordered to examine itself", Decimal("-1.0"), _BOTH, 6),
        PenaltyStep("criticism", "通报批评", "criticised in a notice", Decimal("-1.5"), _BOTH, 12),
        PenaltyStep("admonition", "诫勉", "admonition", Decimal("-2.0"), _OFFICIAL, 12),
        PenaltyStep("organisational", "组织处理", "organisational measure", Decimal("-3.0"), _OFFICIAL, 12),
    ),
    appeal_days=30,
    priority=PriorityRule(Decimal("1.0"), "inspection"),
)
