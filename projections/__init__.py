"""How facts become tables. Pure: a projection never sees a connection or a clock.

One module for each family of tables: the rows, the folds, and the SQL of their reads beside them. Everything
here can be thrown away and built again from the log.
"""

from projections.directory import DIRECTORY
from projections.ledger import LEDGER
from projections.meetings import MEETINGS
from projections.projection import Projection
from projections.ratings import RATINGS
from projections.reports import REPORTS

PROJECTIONS: tuple[Projection, ...] = (
    *(DIRECTORY, LEDGER, REPORTS),
    # meetings and ratings
    *(MEETINGS, RATINGS),
)
"""Every projection of the service."""
