"""One event of each topic, made by the ordinary commands: what tests/domain/golden holds the bytes of."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from domain.aggregate import Event
from domain.directory import Directory
from domain.supervision.card_scheme import DEFAULT, Repetition
from tests.domain import examples as city
from tests.domain import supervised
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
        *_supervision(),
    )


def _golden() -> dict[str, Event]:
    first: dict[str, Event] = {}
    for history in histories():
        for event in history.events:
            first.setdefault(type(event).TOPIC, event)  # type: ignore[attr-defined]
    return first


GOLDEN = _golden()
