"""How facts become tables. Pure: a projection never sees a connection or a clock.

One module for each family of tables: the rows, the folds, and the SQL of their reads beside them. Everything
here can be thrown away and built again from the log.
"""

from projections.access import ACCESSES
from projections.assessment.accountability import ACCOUNTABILITY
from projections.assessment.contributions import CONTRIBUTIONS
from projections.assessment.rankings import RANKINGS
from projections.audit import AUDIT, ERASURES
from projections.directory import DIRECTORY
from projections.ledger import LEDGER
from projections.meetings import MEETINGS
from projections.projection import Projection
from projections.ratings import RATINGS
from projections.reports import REPORTS
from projections.supervision.cards import CARDS
from projections.supervision.learning import LEARNING
from projections.supervision.monthly_reports import MONTHLY_REPORTS
from projections.supervision.obligations import DUTY_RECORD
from projections.supervision.oversight import OVERSIGHT
from projections.supervision.problems import PROBLEMS
from projections.supervision.sweeps import SWEEPS
from projections.webhooks import WEBHOOKS

SUPERVISION: tuple[Projection, ...] = (
    CARDS,
    SWEEPS,
    PROBLEMS,
    OVERSIGHT,
    LEARNING,
    MONTHLY_REPORTS,
    DUTY_RECORD,
)
PROJECTIONS: tuple[Projection, ...] = (
    DIRECTORY,
    LEDGER,
    REPORTS,
    # -- assessment
    CONTRIBUTIONS,
    RANKINGS,
    # -- accountability
    ACCOUNTABILITY,
    # -- webhooks
    WEBHOOKS,
    # audit
    AUDIT,
    ERASURES,
    ACCESSES,
    # meetings and ratings
    MEETINGS,
    RATINGS,
    # supervision
    *SUPERVISION,
)
"""Every projection of the service."""
