"""One event of each topic, made by the ordinary commands: what tests/domain/golden holds the bytes of."""

from decimal import Decimal
from typing import Any

from domain.access import Access, AccessDay, AccessKind
from domain.aggregate import Event
from domain.assessment.accountability_case import AccountabilityCase
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GroundNamed
from domain.directory import Directory
from domain.erasure import Erasure, Named, Remains
from domain.meeting import AgendaItem
from domain.webhook import Webhook
from tests.domain import examples as city
from tests.domain import test_meeting as meetings
from tests.domain import test_rating_box as ratings
from tests.domain.assessment import merits, schemes
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


def _webhook() -> Scenario:
    url = "https://hooks.example.org/duban"
    return given(
        lambda _: Webhook.register("oa", url, ("task.listed",), "integrator", city.MAY),
        lambda w: w.change(url, (), city.JUNE),
        lambda w: w.rotate_secret(city.JUNE),
        lambda w: w.remove("系统下线。", city.JUNE),
    )


def _accountability() -> tuple[Scenario, ...]:
    def published(of: Any) -> None:
        (of.publish if isinstance(of, Commendation) else of.publish_penalty)("潍坊日报", city.MAY)

    def changed(case: AccountabilityCase) -> None:
        case.change_penalty(merits.TALK, 2, merits.EDITION, "情节较轻。", "督查室", merits.PAPER, city.JUNE)

    by_a_group = {"unit_id": None, "group_id": city.GROUP}
    official = {"subject": merits.OFFICIAL, "office": merits.OFFICE}
    return (
        given(merits.nominated(**official, **by_a_group), lambda c: c.refuse("不突出。", city.MAY)),
        given(merits.nominated(), merits.confirmed, merits.awarded, published, merits.revoked),
        given(
            merits.opened(**official, ground=GroundNamed("missed_target", "17.1", 7, "task.listed")),
            merits.established,
            merits.heard,
            merits.penalized,
            published,
            merits.executed,
            merits.appealed,
            changed,
            lambda c: c.close("归档。", merits.later(40)),
        ),
        given(merits.opened(), lambda c: c.drop("查无实据。", city.MAY)),
    )


def _assessment() -> tuple[Scenario, ...]:
    return (
        given(schemes.adopted(), lambda s: s.close_period("2020-04", city.MAY), schemes.amended()),
        given(schemes.progressed),
        given(schemes.scored(), schemes.corrected()),
        given(schemes.published(), schemes.republished()),
        given(schemes.issued(), schemes.reissued()),
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
        _webhook(),
        # -- assessment
        *_assessment(),
        # -- accountability
        *_accountability(),
        # audit
        given(ordered, confirmed),
        given(*access_day),
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
