"""What the commands of the assessment answer with."""

import strawberry

from domain import identifiers
from domain.assessment.score import Evaluation as Scores
from service.api.assessment.published import Notice, PublishedRanking
from service.api.assessment.schemes import AssessmentScheme
from service.api.assessment.scores import Evaluation
from service.api.payloads import PAYLOADS, Link, Recorded, own_stream, payload
from service.desk import Done


def _edition(event: object) -> object:
    """The row of the edition that the event brought; None for an event that brought none."""
    edition = getattr(event, "edition", None)
    stream = getattr(event, "originator_id", None)
    return None if edition is None or stream is None else identifiers.publication_id(stream, edition)


payload(
    "SchemePayload",
    "A new edition of the assessment scheme.",
    ("adoptScheme",),
    scheme=Link(AssessmentScheme, "The edition.", _edition),  # type: ignore[arg-type]
)
payload(
    "EvaluationPayload",
    "A score given or corrected.",
    ("scoreUnit", "correctScore"),
    evaluation=Link(Evaluation, "The score.", own_stream),
)
payload(
    "RankingPayload",
    "A ranking published.",
    ("publishRanking",),
    ranking=Link(PublishedRanking, "The edition that was published.", _edition),  # type: ignore[arg-type]
)
payload(
    "NoticePayload",
    "A notice issued.",
    ("issueNotice",),
    notice=Link(Notice, "The edition that was issued.", _edition),  # type: ignore[arg-type]
)


@strawberry.type(description="Progress scores recorded.")
class ProgressScoresPayload(Recorded):
    done: strawberry.Private[Done]

    @strawberry.field(description="How many units were scored.")
    def count(self) -> int:
        return sum(isinstance(event, Scores.Scored) for event in self.done.events)


PAYLOADS["recordProgressScores"] = ProgressScoresPayload
