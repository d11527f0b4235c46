"""One event of each topic, made by the ordinary commands: what tests/domain/golden holds the bytes of."""

from decimal import Decimal

from domain.aggregate import Event
from domain.directory import Directory
from domain.meeting import AgendaItem
from tests.domain import examples as city
from tests.domain import test_meeting as meetings
from tests.domain import test_rating_box as ratings
from tests.domain.scenario import Scenario, given


def _directory() -> Scenario:
    def renamed(directory: Directory) -> None:
        directory.rename_unit(city.LEAD, "市住建局", city.JUNE)

    return given(city.opened, city.with_units, city.with_officials, renamed, city.appointed, city.released)


def _task() -> Scenario:
    return given(
        city.listed(
            milestones=city.milestones((city.MAY.date(), "0.4"), (city.DEADLINE, "0.95")),
            key_task=True,
            assumed=("lead_unit",),
            note="牵头单位为推定。",
        ),
        city.published,
        city.reported(),
        lambda t: t.publish_report(city.report_of(t), city.LEAD, "潍坊日报", city.MAY),
        city.verified,
        city.disputed,
        city.corrected("30000.50", "-0"),
        city.withdrawn,
        lambda t: t.revise_target("pm25", Decimal("48.5"), city.DOCUMENT, city.MAY),
        lambda t: t.extend_deadline(city.DEADLINE.replace(year=2021), None, city.DOCUMENT, city.MAY),
        lambda t: t.reassign(city.LEAD, (city.SUPPORT, city.OTHER), city.DOCUMENT, city.MAY),
        city.delivered,
        lambda t: t.return_to_unit(None, "台账不全。", city.JUNE),
        lambda t: t.deliver(city.LEAD, city.JUNE.date(), "已全部完成。", city.JUNE),
        city.accepted,
    )


def _meeting() -> Scenario:
    return given(
        meetings.scheduled(agenda=(AgendaItem("现场汇报", "抽中单位"),)),
        lambda m: m.revise_roll(meetings.PEOPLE[:5], city.MAY),
        meetings.frozen,
        meetings.drawn,
        meetings.presented,
        lambda m: m.record_comment(m.drawn_unit_ids[0], None, meetings.GROUP, "短板明显。", city.MAY),
        meetings.evaluated,
        lambda m: m.set_follow_up(meetings.TASK, city.MAY),
        meetings.minuted,
    )


def _rating() -> Scenario:
    return given(
        ratings.opened(),
        lambda b: b.strike(ratings.ROLL[7], False, "请假。", ratings.MORNING),
        ratings.collected,
        ratings.sealed("eegp", "gg", ratings.CLOSES),
        ratings.destroyed,
        ratings.revealed,
        ratings.published,
    )


def _golden() -> dict[str, Event]:
    histories = (
        _directory(),
        given(city.launched(), lambda c: c.form_task_force(city.members(), city.MARCH)),
        given(city.formed(), lambda g: g.change_coverage((city.CAMPAIGN,), (), city.JUNE)),
        _task(),
        # meetings and ratings
        _meeting(),
        _rating(),
    )
    first: dict[str, Event] = {}
    for history in histories:
        for event in history.events:
            first.setdefault(type(event).TOPIC, event)  # type: ignore[attr-defined]
    return first


GOLDEN = _golden()
