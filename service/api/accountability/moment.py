"""How the accountability record is read as of a moment."""

from service.api.plan.declare import AsOf, Filter
from service.store import as_of


def read_as_of(listing: str, on: str | None, **given: Filter) -> AsOf:
    """A list that is read now or as of a moment; `given` are arguments that are conditions."""
    return AsOf(
        listing,
        on,
        given,
        live_position="(select p.position from read.checkpoint p where p.projection = 'accountability')",
        position_of_date=as_of.POSITION_OF_DATE,
        date_of_position=as_of.DATE_OF_POSITION,
    )
