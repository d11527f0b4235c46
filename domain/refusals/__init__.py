"""Every refusal in one place: its stable code, what it says in English and Chinese, and the article served.

A code is `noun.reason` and never changes its meaning. The sentences say to a person what to do; `{name}` is
an argument of the guard, `{field}` the spoken name of the input field (`domain.spoken`), and a date is
written out in the sentence's own language. `docs/refusals.md` is this list for readers.
"""

from domain.refusals.accountability import ACCOUNTABILITY
from domain.refusals.assessment import EVALUATIONS, NOTICES, RANKINGS, SCHEMES
from domain.refusals.audit import AUDIT
from domain.refusals.directory import CAMPAIGNS, DIRECTORY, GROUPS
from domain.refusals.meetings import DRAWS, MEETINGS, RATINGS
from domain.refusals.supervision import CARDS, LEARNING, MONTHLY_REPORTS, OVERSIGHT, PROBLEMS, TASK_FORCES
from domain.refusals.tasks import INDICATORS, REPORTS, TASKS
from domain.refusals.webhooks import WEBHOOKS
from domain.refusals.wording import Wording
from domain.refusals.writing import DOCUMENTS, REQUESTS, WRITING

_PARTS = (
    WRITING,
    DOCUMENTS,
    DIRECTORY,
    CAMPAIGNS,
    GROUPS,
    TASKS,
    INDICATORS,
    REPORTS,
    REQUESTS,
    WEBHOOKS,
    # assessment and accountability
    SCHEMES,
    EVALUATIONS,
    RANKINGS,
    NOTICES,
    ACCOUNTABILITY,
    # audit
    AUDIT,
    # meetings and ratings
    MEETINGS,
    DRAWS,
    RATINGS,
    # supervision
    TASK_FORCES,
    CARDS,
    PROBLEMS,
    OVERSIGHT,
    LEARNING,
    MONTHLY_REPORTS,
)
CATALOGUE: dict[str, Wording] = {code: wording for part in _PARTS for code, wording in part.items()}


def listing() -> str:
    """The catalogue as the Markdown of `docs/refusals.md`."""
    rows = (
        f"| `{code}` | {wording.article or ''} | {wording.en} | {wording.zh} |"
        for code, wording in CATALOGUE.items()
    )
    return "\n".join(
        (
            "# Refusals (不予受理)",
            "",
            "A command that breaks a rule is answered with one of these, and nothing is recorded. The code",
            "is stable; the sentence may be improved. `{name}` stands for a value of the case, `{field}` for",
            "the name of the input field. Generated from `domain/refusals/`; a test holds it.",
            "",
            "| code | article | English | 中文 |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )
