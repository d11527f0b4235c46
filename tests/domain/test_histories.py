"""Whatever is asked of the domain, in whatever order: it records sound facts or refuses, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aggregate import Event
from domain.campaign import Campaign, TaskForceMember, TaskForceRole
from domain.directory import Category, Directory
from domain.documents import Document, Evidence, require_document, require_evidence
from domain.indicator import Direction, Indicator, IndicatorValue, Standing, completion, overall
from domain.period import require_period
from domain.refusal import Refusal, require_figure, require_line, require_text
from domain.schedule import Milestone
from domain.supervision_group import SupervisionGroup
from domain.task import Task
from tests.domain.examples import (
    DOCUMENT,
    GROUP,
    INDICATORS,
    JUNE,
    LEAD,
    MARCH,
    OTHER,
    START,
    SUPPORT,
    listed,
    milestones,
    report_of,
    values,
)
from tests.domain.scenario import as_stored, told

UNITS = (LEAD, SUPPORT, OTHER)
PERIODS = ("2020-03", "2020-04", "2020-05", "2020-06", "2020-07")

# -- histories of one task


def report(task: Task, period: str) -> UUID:
    try:
        return report_of(task, period)  # type: ignore[no-any-return]
    except IndexError:
        return GROUP


COUNTS = st.integers(0, 60000)
WHO, WHEN = st.sampled_from(UNITS), st.sampled_from(PERIODS)
MOMENTS = st.integers(0, 150).map(lambda days: MARCH + timedelta(days))
CONTENTS = st.tuples(st.builds(values, COUNTS, st.integers(0, 99)), st.just("按计划推进。"), st.just(()))

COMMANDS = st.one_of(
    st.builds(lambda u, p, c, at: lambda t: t.report_progress(u, p, *c, at), WHO, WHEN, CONTENTS, MOMENTS),
    st.builds(
        lambda p, u, c, at: lambda t: t.correct_report(report(t, p), u, *c, "更正。", at),
        WHEN,
        WHO,
        CONTENTS,
        MOMENTS,
    ),
    st.builds(
        lambda p, u, at: lambda t: t.withdraw_report(report(t, p), u, "重复。", at), WHEN, WHO, MOMENTS
    ),
    st.builds(lambda p, at: lambda t: t.verify_report(report(t, p), GROUP, "", at), WHEN, MOMENTS),
    st.builds(lambda p, at: lambda t: t.dispute_report(report(t, p), GROUP, "不符。", at), WHEN, MOMENTS),
    st.builds(lambda p, u, at: lambda t: t.publish_report(report(t, p), u, "网站", at), WHEN, WHO, MOMENTS),
    st.builds(lambda u, at: lambda t: t.publish(u, "网站", at), WHO, MOMENTS),
    st.builds(
        lambda i, target, at: lambda t: t.revise_target(i, Decimal(target), DOCUMENT, at),
        st.sampled_from(("toilets", "pm25")),
        COUNTS,
        MOMENTS,
    ),
    st.builds(
        lambda d, m, at: lambda t: t.extend_deadline(d, m, DOCUMENT, at),
        st.dates(date(2020, 12, 1), date(2021, 12, 31)),
        st.sampled_from((None, (), milestones((date(2021, 1, 31), "1")))),
        MOMENTS,
    ),
    st.builds(lambda u, at: lambda t: t.reassign(u, (SUPPORT,), DOCUMENT, at), WHO, MOMENTS),
    st.builds(
        lambda u, d, at: lambda t: t.deliver(u, START + timedelta(d), "完成。", at),
        WHO,
        st.integers(-9, 150),
        MOMENTS,
    ),
    st.builds(lambda at: lambda t: t.accept(GROUP, "", at), MOMENTS),
    st.builds(lambda at: lambda t: t.return_to_unit(None, "不全。", at), MOMENTS),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(COMMANDS, max_size=25))
def test_any_history_is_told_again_alike_and_its_outcomes_are_recomputed(commands: list[Any]) -> None:
    task = listed()(None)
    events: list[Any] = list(task.collect_events())
    for command in commands:
        try:
            command(task)
        except Refusal:
            assert not task.pending_events
        events += task.collect_events()
    assert told([as_stored(event) for event in events]) == task
    for length, event in enumerate(events, 1):
        if hasattr(event, "standings"):
            assert (event.standings, event.completion) == recomputed(events[:length])


def recomputed(events: list[Event]) -> tuple[tuple[Standing, ...], Decimal | None]:
    """Where the task stands by the last word on each period and target, told without the domain's state."""
    indicators: dict[str, Indicator] = {i.code: i for i in INDICATORS}
    periods: dict[UUID, str] = {}
    said: dict[UUID, tuple[IndicatorValue, ...] | None] = {}
    held_back: set[UUID] = set()
    for event in events:
        match event:
            case Task.ProgressReported():
                periods[event.report_id] = event.period
                said[event.report_id] = event.values
            case Task.ReportCorrected():
                said[event.report_id] = event.values
                held_back.discard(event.report_id)
            case Task.ReportWithdrawn():
                del said[event.report_id]
            case Task.ReportVerified():
                held_back.discard(event.report_id)
            case Task.ReportDisputed():
                held_back.add(event.report_id)
            case Task.TargetRevised():
                indicators[event.indicator] = replace(indicators[event.indicator], target=event.target)
    counting = [id_ for id_ in said if id_ not in held_back]
    last = max(counting, key=lambda id_: periods[id_], default=None)
    standings = []
    for code, indicator in indicators.items():
        value = None if last is None else next(v.value for v in said[last] or () if v.indicator == code)
        period = None if last is None else periods[last]
        standings.append(Standing(code, value, period, completion(indicator, value).figure))
    return tuple(standings), overall(list(indicators.values()), [s.completion for s in standings])


# -- bad input of the right type

TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Mn", "Lo"]), max_size=6),
    st.sampled_from(["", "a", "toilets", "pm25", "%", "户", "x" * 300, "{field}", "'; drop table", "\0"]),
)
FIGURES = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(
        ["sNaN", "-sNaN5", "-0", "0E-9", "0E+99", "1E+999999", "-1E-999999", "50", "100", "0.5"]
    ).map(Decimal),
)
DATES = st.one_of(st.dates(), st.sampled_from([START, date(2020, 12, 31), date.min, date.max]))
IDS = st.sampled_from([LEAD, SUPPORT, OTHER, GROUP])
SOME_IDS = st.lists(IDS, max_size=4)
INDICATOR = st.builds(
    Indicator,
    TEXTS,
    TEXTS,
    st.sampled_from(Direction),
    TEXTS,
    st.none() | FIGURES,
    FIGURES,
    st.none() | FIGURES,
)
MILESTONE = st.builds(Milestone, TEXTS, DATES, FIGURES)
DOCUMENTS = st.builds(Document, TEXTS, TEXTS, DATES)
EVIDENCE = st.builds(Evidence, st.one_of(TEXTS, TEXTS.map("https://".__add__)), TEXTS, TEXTS)
VALUE = st.builds(IndicatorValue, TEXTS, FIGURES)
MEMBER = st.builds(TaskForceMember, IDS, st.sampled_from(TaskForceRole), DATES, st.none() | DATES)
ANY_PERIOD = st.one_of(TEXTS, st.sampled_from(PERIODS))

fuzzed = settings(max_examples=80, deadline=None)


def decided(command: Any, *arguments: Any, **named: Any) -> None:
    """Refused, or recorded in facts that can be stored and read again."""
    try:
        answer = command(*arguments, **named)
    except Refusal as refusal:
        msgspec.json.encode([refusal.code, refusal.en, refusal.zh, refusal.field])
        return
    aggregate = answer if hasattr(answer, "collect_events") else getattr(command, "__self__", None)
    for event in aggregate.collect_events() if aggregate is not None else ():
        assert as_stored(event) == event


@fuzzed
@given(
    code=TEXTS, article=st.integers(), title=TEXTS, lead_unit_id=IDS, supporting_unit_ids=SOME_IDS,
    indicators=st.lists(INDICATOR, max_size=3) | st.just(INDICATORS),
    milestones=st.lists(MILESTONE, max_size=3),
    start=DATES, deadline=DATES, assumed=st.lists(TEXTS, max_size=3), note=TEXTS,
)  # fmt: skip
def test_listing_a_task_refuses_or_records(**told: Any) -> None:
    decided(Task.put_on_list, campaign_id=GROUP, at=MARCH, **told)


@fuzzed
@given(st.lists(VALUE, max_size=3), TEXTS, st.lists(EVIDENCE, max_size=3), ANY_PERIOD, IDS, TEXTS)
def test_reporting_and_correcting_refuse_or_record(
    told: Any, narrative: str, evidence: Any, period: str, unit: UUID, reason: str
) -> None:
    task = listed()(None)
    decided(task.report_progress, unit, period, told, narrative, evidence, JUNE)
    sound = task.report_progress(LEAD, "2020-04", values(1, 1), "好。", (), JUNE)
    decided(task.correct_report, sound, unit, told, narrative, evidence, reason, JUNE)
    decided(task.withdraw_report, sound, unit, reason, JUNE)
    decided(task.dispute_report, sound, GROUP, reason, JUNE)


@fuzzed
@given(TEXTS, FIGURES, DATES, st.none() | st.lists(MILESTONE, max_size=2), DOCUMENTS, IDS, SOME_IDS)
def test_changing_terms_refuses_or_records(
    indicator: str, target: Decimal, day: date, plan: Any, document: Document, lead: UUID, supporting: Any
) -> None:
    task = listed()(None)
    for authorised in (document, DOCUMENT):
        decided(task.revise_target, indicator, target, authorised, JUNE)
        decided(task.revise_target, "toilets", target, authorised, JUNE)
        decided(task.extend_deadline, day, plan, authorised, JUNE)
        decided(task.reassign, lead, supporting, authorised, JUNE)


@fuzzed
@given(TEXTS, TEXTS, DATES, IDS)
def test_publishing_delivering_and_accepting_refuse_or_record(
    text: str, outlet: str, day: date, unit: UUID
) -> None:
    task = listed()(None)
    decided(task.publish, unit, outlet, JUNE)
    decided(task.publish_report, GROUP, unit, outlet, JUNE)
    decided(task.deliver, unit, day, text, JUNE)
    decided(task.return_to_unit, None, text, JUNE)
    decided(task.accept, None, text, JUNE)


@fuzzed
@given(TEXTS, st.integers(), TEXTS, TEXTS, DATES, DATES, st.lists(MEMBER, max_size=9), SOME_IDS, SOME_IDS)
def test_campaigns_and_groups_refuse_or_record(
    code: str, number: int, name: str, goal: str, start: date, end: date, members: Any, some: Any, others: Any
) -> None:
    decided(Campaign.launch, code, number, name, goal, start, end, MARCH)
    campaign = Campaign.launch("c", 1, "攻坚战", "", START, date(2020, 12, 31), MARCH)
    decided(campaign.form_task_force, members, MARCH)
    decided(campaign.require_within, start, "start")
    decided(SupervisionGroup.form, code, name, GROUP, some, others, MARCH)
    group = SupervisionGroup.form("g", "组", GROUP, [LEAD], [], MARCH)
    decided(group.change_coverage, some, others, MARCH)


@fuzzed
@given(TEXTS, TEXTS, TEXTS, DATES, DATES, IDS)
def test_the_directory_refuses_or_records(
    code: str, name: str, post: str, since: date, until: date, unknown: UUID
) -> None:
    directory = Directory.open(MARCH)
    decided(directory.register_unit, code, name, Category.ZONE, MARCH)
    decided(directory.register_official, code, name, MARCH)
    unit = directory.register_unit("sound", "单位", Category.ZONE, MARCH)
    official = directory.register_official("sound", "某人", MARCH)
    decided(directory.rename_unit, unit, name, MARCH)
    for one, other in ((unknown, unknown), (official, unit)):
        decided(directory.appoint_official, one, other, post, since, MARCH)
        decided(directory.release_official, other, until, MARCH)


@settings(max_examples=300, deadline=None)
@given(TEXTS, FIGURES, ANY_PERIOD, EVIDENCE, DOCUMENTS)
def test_what_is_written_is_refused_or_fit_to_be_stored(
    text: str, figure: Decimal, period: str, piece: Evidence, document: Document
) -> None:
    guards: tuple[tuple[Callable[[Any], object], object], ...] = (
        (lambda v: require_text(v, "reason", most=200), text),
        (lambda v: require_line(v, "name", most=200), text),
        (lambda v: require_figure(v, "target"), figure),
        (require_period, period),
        (lambda v: require_evidence([v]), piece),
        (lambda v: require_document(v, START), document),
    )
    for guard, written in guards:
        try:
            recorded = guard(written)
        except Refusal:
            continue
        msgspec.json.encode(recorded)
        if isinstance(recorded, Decimal):
            assert recorded == figure
            assert is_plain(str(recorded))


def is_plain(written: str) -> bool:
    """Digits with at most one point and a sign before what is not zero."""
    return written.lstrip("-").replace(".", "", 1).isdecimal() and (
        written[0] != "-" or Decimal(written) != 0
    )
