"""Random plans that break no rule, for properties."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from domain.campaign import TaskForceRole
from domain.directory import Category
from domain.indicator import Direction
from service.plans.rows import (
    CampaignKind,
    CampaignRow,
    GroupRow,
    IndicatorRow,
    MemberRow,
    MilestoneRow,
    OfficialRow,
    PlanDocument,
    PlanHeader,
    TaskRow,
    UnitRow,
)

START, END = date(2020, 3, 25), date(2020, 12, 31)

_LETTERS = st.characters(
    codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u2800\u3164\u115f\uffa0"
)
lines = (
    st.text(_LETTERS, min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda t: t and t[0] not in "=+-@" and any(c.isalnum() for c in t))
)
paragraphs = st.lists(lines, min_size=0, max_size=3).map("\n".join)
codes = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
days = st.integers(0, (END - START).days).map(lambda n: START + timedelta(days=n))
figures = st.decimals(0, 10**15 - 1, allow_nan=False, allow_infinity=False, places=6) | st.integers(
    0, 10**6
).map(Decimal)


def _some(among: list[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(among), min_size=least, max_size=3, unique=True).map(tuple)


@st.composite
def headers(draw: st.DrawFn) -> PlanHeader:
    missing = st.lists(st.integers(1, 60), unique=True, max_size=4).map(tuple)
    zone = draw(st.sampled_from(["Asia/Shanghai", "UTC"]))
    return PlanHeader(
        draw(codes), draw(lines), draw(lines), 2020, START, END, zone, draw(missing), draw(paragraphs)
    )


@st.composite
def indicators(draw: st.DrawFn) -> tuple[IndicatorRow, ...]:
    given_codes = draw(st.lists(codes, min_size=1, max_size=4, unique=True))
    share = (Decimal(100) / len(given_codes)).quantize(Decimal("0.01"))
    last = 100 - share * (len(given_codes) - 1)
    assumed = st.sampled_from([(), ("name", "target"), ("weight",)])
    rows = []
    for code in given_codes:
        missing = draw(st.booleans())
        row = IndicatorRow(
            code,
            draw(lines),
            draw(st.sampled_from(Direction)),
            None if missing else draw(figures),
            draw(lines),
            last if code == given_codes[-1] else share,
            missing,
            draw(st.none() | figures),
            draw(assumed),
        )
        rows.append(row)
    return tuple(rows)


@st.composite
def milestones(draw: st.DrawFn, start: date, deadline: date) -> tuple[MilestoneRow, ...]:
    within = st.integers(0, (deadline - start).days).map(lambda n: start + timedelta(days=n))
    dues = sorted(draw(st.lists(within, max_size=3)))
    shares = sorted(
        draw(st.lists(st.integers(1, 10**6), min_size=len(dues), max_size=len(dues), unique=True))
    )
    assumed = st.sampled_from([(), ("share",), ("due", "share"), ("due",)])
    return tuple(
        MilestoneRow(due, Decimal(share) / 10**6, draw(lines), draw(assumed))
        for due, share in zip(dues, shares, strict=True)
    )


@st.composite
def tasks(draw: st.DrawFn, units: list[str], campaigns: list[str]) -> tuple[TaskRow, ...]:
    rows = []
    for code in draw(st.lists(codes, max_size=4, unique=True)):
        lead = draw(st.sampled_from(units))
        others = [unit for unit in units if unit != lead]
        start, deadline = sorted(draw(st.lists(days, min_size=2, max_size=2, unique=True)))
        row = TaskRow(
            code,
            draw(st.sampled_from(campaigns)),
            draw(st.integers(1, 999)),
            draw(lines),
            lead,
            start,
            deadline,
            draw(indicators()),
            draw(_some(others)) if others else (),
            draw(milestones(start, deadline)),
            draw(st.booleans()),
            draw(st.sampled_from([(), ("lead",), ("lead", "deadline")])),
            draw(paragraphs),
        )
        rows.append(row)
    return tuple(rows)


@st.composite
def campaigns(draw: st.DrawFn, officials: list[str]) -> tuple[CampaignRow, ...]:
    given_codes = draw(st.lists(codes, min_size=1, max_size=3, unique=True))
    names = draw(st.lists(lines, min_size=3, max_size=3, unique=True))
    rows = []
    for number, (code, name) in enumerate(zip(given_codes, names, strict=False), start=1):
        kind = draw(st.sampled_from(CampaignKind))
        staffed = kind is CampaignKind.CAMPAIGN and len(officials) >= 7 and draw(st.booleans())
        roles = [TaskForceRole.LEADER, *[draw(st.sampled_from(list(TaskForceRole)[1:])) for _ in range(6)]]
        force = tuple(
            MemberRow(official, role, START, draw(st.none() | days))
            for official, role in zip(officials, roles, strict=False)
        )
        assumed = draw(st.sampled_from([(), ("name", "goal"), ("task_force",)]))
        missing, goal = draw(st.booleans()), draw(paragraphs)
        rows.append(
            CampaignRow(
                code, number, name, START, END, kind, missing, goal, assumed, force if staffed else ()
            )
        )
    return tuple(rows)


@st.composite
def plans(draw: st.DrawFn) -> PlanDocument:
    """A plan with all its sections."""
    unit_codes = draw(st.lists(codes, min_size=1, max_size=4, unique=True))
    names = draw(st.lists(lines, min_size=4, max_size=4, unique=True))
    units = tuple(
        UnitRow(code, name, draw(st.sampled_from(Category)))
        for code, name in zip(unit_codes, names, strict=False)
    )
    official_codes = draw(st.lists(codes, min_size=0, max_size=8, unique=True))
    leads = [*unit_codes, *[None] * 8] if draw(st.booleans()) else [None] * 8
    officials = tuple(
        OfficialRow(code, draw(lines), unit, draw(lines) if unit else "", START if unit else None)
        for code, unit in zip(official_codes, leads, strict=False)
    )
    launched = draw(campaigns(official_codes))
    campaign_codes = [row.code for row in launched]
    groups: tuple[GroupRow, ...] = ()
    if official_codes:
        leader = draw(st.sampled_from(official_codes))
        covered, charged = draw(_some(campaign_codes, 1)), draw(_some(unit_codes))
        groups = (
            GroupRow(
                draw(codes), draw(lines), leader, covered, charged, draw(st.sampled_from([(), ("units",)]))
            ),
        )
    # A name that is some other row's code would be taken for that code.
    taken = {row.name for row in units} & set(unit_codes) | {row.name for row in launched} & set(
        campaign_codes
    )
    assume(not taken)
    return PlanDocument(
        draw(headers()), units, officials, launched, groups, draw(tasks(unit_codes, campaign_codes))
    )
