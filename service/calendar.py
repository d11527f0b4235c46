"""The calendar feed (RFC 5545): deadlines of published tasks, and when the recurring duties are due.

Whoever has no token gets the published tasks, which are public; the duties are for insiders. An entry keeps
its identity when its day moves, so that a subscribed calendar moves it too.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

from projections.supervision.obligations import OBLIGATIONS, STATUS
from service.store.database import Database
from service.workbooks.exports import DUTIES, STANDINGS

_DAY = timedelta(days=1)

DEADLINES = """
select t.id, t.code, t.title, t.deadline, t.status, t.changed_at, u.name as unit, c.name as campaign,
    c.demonstration
from read.task t join read.unit u on u.id = t.lead_unit_id join read.campaign c on c.id = t.campaign_id
where t.published order by t.deadline, t.code_key, t.id"""
"""The published tasks."""

TURNS = f"""
select t.id, t.duty, t.turn, t.article, t.due_on, g.name as in_charge,
    {STATUS.format(t="t", date="$1::date")} as status
from {OBLIGATIONS} t left join read.supervision_group g on g.id = t.group_id
order by t.due_on, t.id"""
"""The obligations, on the day $1."""


async def calendar(database: Database, today: date, *, inside: bool) -> bytes:
    """The feed as bytes: the same for the same rows, so that it may be compared by its digest."""
    feed = Calendar()
    feed.add("prodid", "-//Duban 督办//calendar//ZH")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", "督办：时限" + ("与履职任务" if inside else ""))
    async for event in _events(database, today, inside):
        feed.add_component(event)
    content: bytes = feed.to_ical()
    return content


async def _events(database: Database, today: date, inside: bool) -> AsyncIterator[Event]:
    for row in await database.fetch(DEADLINES):
        played = "【演示】" if row["demonstration"] else ""
        yield _event(
            f"task-{row['id']}",
            row["deadline"],
            f"{played}〔时限〕{row['code']} {row['title']}",
            f"{row['campaign']}；牵头单位：{row['unit']}",
            row["changed_at"],
        )
    if not inside:
        return
    for row in await database.fetch(TURNS, today):
        standing, _ = STANDINGS[row["status"]]
        yield _event(
            f"duty-{row['id'].replace(':', '-')}",
            row["due_on"],
            f"〔履职〕{DUTIES[row['duty']]}（{row['turn']}）",
            f"方案第{row['article']}条；{row['in_charge'] or '攻坚办'}；{standing}",
            datetime.combine(row["due_on"], time(0), UTC),
        )


def _event(uid: str, day: date, summary: str, description: str, stamp: datetime) -> Event:
    """An entry for a whole day. `stamp` is from the rows, not of the moment: equal rows make equal bytes."""
    event = Event()
    event.add("uid", f"{uid}@duban")
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", day)
    event.add("dtend", day + _DAY)
    event.add("summary", summary)
    event.add("description", description)
    event.add("transp", "TRANSPARENT")
    return event
