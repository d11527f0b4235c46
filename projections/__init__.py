"""How facts become tables. Pure: a projection never sees a connection or a clock.

One module for each family of tables: the rows, the folds, and the SQL of their reads beside them. Everything
here can be thrown away and built again from the log.
"""

from projections.directory import DIRECTORY
from projections.ledger import LEDGER
from projections.projection import Projection
from projections.reports import REPORTS
from projections.supervision.cards import CARDS
from projections.supervision.learning import LEARNING
from projections.supervision.monthly_reports import MONTHLY_REPORTS
from projections.supervision.obligations import DUTY_RECORD
from projections.supervision.oversight import OVERSIGHT
from projections.supervision.problems import PROBLEMS
from projections.supervision.sweeps import SWEEPS

SUPERVISION: tuple[Projection, ...] = (
    CARDS,
    SWEEPS,
    PROBLEMS,
    OVERSIGHT,
    LEARNING,
    MONTHLY_REPORTS,
    DUTY_RECORD,
)
PROJECTIONS: tuple[Projection, ...] = (DIRECTORY, LEDGER, REPORTS, *SUPERVISION)
"""Every projection of the service."""
