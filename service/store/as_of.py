"""Dates and positions of the log, for reading as of an earlier moment.

The session's time zone is the plan's own, so a cast to date gives the business date. `{v}` is the parameter.
"""

# The last position recorded on or before a date; 0 when there is none.
# (A subselect, so that PostgreSQL looks once and not for every row.)
POSITION_OF_DATE = "(select log.position_at(({v} + 1)::timestamptz - interval '1 microsecond'))"

# The date on which a position was recorded; today when there is no such position.
DATE_OF_POSITION = "coalesce((select e.recorded_at::date from log.event e where e.position = {v}), {date})"

# The version of the stream whose id is the row's, at the position the answer speaks of.
VERSION = (
    "(select e.stream_version from log.event e where e.stream_id = {t}.id and e.position <= {position}"
    " order by e.stream_version desc limit 1)"
)

# The last position recorded at a moment or before it; 0 when there is none.
LAST_UNTIL = "(select log.position_at({v}))"
