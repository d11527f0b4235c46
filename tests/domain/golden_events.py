"""One event of each topic, made by the ordinary commands: what tests/domain/golden holds the bytes of."""

from decimal import Decimal

from domain.access import Access, AccessDay, AccessKind
from domain.aggregate import Event
from domain.directory import Directory
from domain.erasure import Erasure, Named, Remains
from tests.domain import examples as city
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


# -- audit


def ordered(_: object) -> Erasure:
    named = (Named(17, "directory.official_registered", False),)
    return Erasure.order("e1", city.DOCUMENT, "当事人申请删除。", named, "office", city.JUNE)


def confirmed(erasure: Erasure) -> None:
    named = (Named(17, "directory.official_registered", False),)
    remains = (Remains(17, "directory.official_registered", '{"code":"o1","name":"【已依法删除】"}'),)
    erasure.confirm(named, remains, "inspector", city.JUNE)


def _noted(day: AccessDay) -> None:
    seen = Access(
        "leader", "LEADER", AccessKind.PERSON, "Official", (city.OFFICIALS[0],), 3, city.MAY, city.JUNE
    )
    day.note((seen,), city.JUNE)


access_day = (lambda _: AccessDay.open(city.JUNE), _noted)


def _golden() -> dict[str, Event]:
    histories = (
        _directory(),
        given(city.launched(), lambda c: c.form_task_force(city.members(), city.MARCH)),
        given(city.formed(), lambda g: g.change_coverage((city.CAMPAIGN,), (), city.JUNE)),
        _task(),
        # audit
        given(ordered, confirmed),
        given(*access_day),
    )
    first: dict[str, Event] = {}
    for history in histories:
        for event in history.events:
            first.setdefault(type(event).TOPIC, event)  # type: ignore[attr-defined]
    return first


GOLDEN = _golden()
