"""One event of each topic, made by the ordinary commands: what tests/domain/golden holds the bytes of."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from domain import identifiers
from domain.access import Access, AccessDay, AccessKind
from domain.aggregate import Event
from domain.assessment.accountability_case import AccountabilityCase
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GroundNamed
from domain.directory import Directory
from domain.erasure import Erasure, Named, Remains
from domain.meeting import AgendaItem
from domain.supervision.card_scheme import DEFAULT, Repetition
from domain.webhook import Webhook
from tests.domain import examples as city
from tests.domain import supervised
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
            lambda c: c.lift_penalty("已整改。", "攻坚办", merits.PAPER, merits.later(60)),
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
        lambda m: m.raise_problem(identifiers.problem_id("wt.1"), city.MAY),
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


def _supervision() -> tuple[Scenario, ...]:
    late, x = city.JUNE, supervised
    member = city.members()[1]
    thrice = replace(DEFAULT, repetitions=(Repetition("yellow", 2, interview=True, written_report=True),))
    return (
        given(
            city.launched(),
            lambda c: c.form_task_force(city.members(), city.MARCH),
            lambda c: c.release_member(member.official_id, city.MAY.date(), city.MAY),
            lambda c: c.appoint_member(replace(member, since=city.JUNE.date()), late),
        ),
        given(x.scheme_opened, x.adopted()),
        given(
            x.cards_opened,
            x.swept(x.BEHIND, scheme=thrice),
            x.swept(x.BEHIND, 30, thrice),
            x.shown("red", 31),
            x.lifted(32),
            lambda c: c.conduct_interview(late.date(), "约谈记录。", late),
            lambda c: c.submit_written_report(city.LEAD, "书面说明。", late),
        ),
        given(x.urged, lambda u: u.acknowledge(city.LEAD, "已知悉。", city.MAY)),
        given(x.swept_day),
        given(
            x.problem_listed(),
            x.problem_assigned,
            lambda p: p.discuss(city.MAY.date(), "需协调电力迁改。", city.MAY),
            x.measures_planned,
            lambda p: p.decide(supervised.PROBLEM, "6月底前解决。", None, None, city.MAY),
            x.problem_resolved,
            lambda p: p.return_to_unit(city.GROUP, "仍有1个村未贯通。", late),
            x.problem_resolved,
            x.problem_closed,
            lambda p: p.reopen(None, "群众再次反映。", late),
        ),
        given(x.list_compiled),
        given(x.conference_convened()),
        given(x.visited(), x.found(problem_id=x.PROBLEM)),
        given(x.rota_opened, x.turn(city.MAY.date())),
        given(x.session_scheduled, x.asked, x.answered, x.promised, x.kept, lambda q: q.conclude(late)),
        given(x.inquiry_convened(), x.asked_by_squad, x.answered, x.promised, x.kept, x.rated),
        given(x.commissioned(), x.evaluated, lambda e: e.publish("潍坊日报", late)),
        given(x.appraisal_scheduled(), x.appraised, lambda a: a.publish("潍坊日报", late)),
        given(x.nominated, x.selected, lambda c: c.publish("潍坊日报", late)),
        given(x.exchanged()),
        given(x.course_scheduled, lambda c: c.complete(date(2020, 6, 2), 120, late)),
        given(x.course_scheduled, lambda c: c.cancel("疫情防控需要。", city.MAY)),
        given(x.report_opened, x.report_generated(), x.report_reviewed, x.report_submitted),
    )


def histories() -> tuple[Scenario, ...]:
    """What the golden events are taken from."""
    return (
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
        given(meetings.scheduled(), meetings.frozen, meetings.abandoned),
        given(ratings.opened(), ratings.collected, ratings.keyed, ratings.confirmed),
        *_supervision(),
    )


def _golden() -> dict[str, Event]:
    first: dict[str, Event] = {}
    for history in histories():
        for event in history.events:
            first.setdefault(type(event).TOPIC, event)  # type: ignore[attr-defined]
    return first


GOLDEN = _golden()
