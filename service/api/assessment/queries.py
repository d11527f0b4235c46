"""The root fields of the assessment."""

import strawberry

from service.api.assessment.explanations import ScoreExplanation, explain_score
from service.api.assessment.published import (
    Notice,
    NoticeFilter,
    NoticeOrder,
    PublishedRanking,
    PublishedRankingFilter,
    PublishedRankingOrder,
)
from service.api.assessment.rankings import Ranking, RankingPreview, resolve_preview, resolve_ranking
from service.api.assessment.schemes import AssessmentScheme
from service.api.assessment.scores import Evaluation, EvaluationFilter, EvaluationOrder
from service.api.plan.declare import to_many
from service.api.relay import Connection


@strawberry.type
class AssessmentQuery:
    assessment_schemes = to_many(
        Connection[AssessmentScheme],
        None,
        None,
        "assessment_schemes",
        description="Every edition of the assessment scheme, the latest first. 考核办法",
    )
    evaluations = to_many(
        Connection[Evaluation],
        EvaluationOrder,
        EvaluationFilter,
        "evaluations",
        description="Scores, the latest month first; a REPORTER sees their own unit's. Neither public nor for"
        " an OFFICIAL. 评分",
    )
    published_rankings = to_many(
        Connection[PublishedRanking],
        PublishedRankingOrder,
        PublishedRankingFilter,
        "published_rankings",
        description="Rankings as they were published, every edition. 已公布排名",
    )
    notices = to_many(
        Connection[Notice], NoticeOrder, NoticeFilter, "notices", description="Notices of results. 通报"
    )
    ranking: Ranking | None = strawberry.field(
        resolver=resolve_ranking,
        description="The ranking of a category in a period, now or as of a moment; null while no scheme ranks"
        " it. Not public. 排名",
    )
    ranking_preview: RankingPreview = strawberry.field(
        resolver=resolve_preview,
        description="The ranking under a draft of a scheme; nothing is recorded. For OFFICE and LEADER. 试算",
    )
    explain_score: ScoreExplanation | None = strawberry.field(
        resolver=explain_score,
        description="A unit's score and rank told in sentences; for a REPORTER, of their own unit;"
        " for an OFFICIAL, of one they led in that period. Not public. 得分说明",
    )
