"""Random histories of a city that is assessed, made through the aggregates: what they refuse is not done."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any

from domain import identifiers
from domain.aggregate import Aggregate, Event
from domain.assessment.accountability_case import AccountabilityCase, PenaltyDecision
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GroundNamed
from domain.assessment.measures import (
    CommendationForm,
    Measures,
    PenaltyStep,
    PriorityRule,
)
from domain.assessment.scheme import AssessmentScheme
from domain.assessment.scheme_content import (
    AdjustmentCap,
    CategoryWeights,
    ComponentWeight,
    Grade,
    SchemeContent,
)
from domain.assessment.score import Evaluation
from domain.assessment.subject import Subject, SubjectKind
from domain.directory import Category, Directory
from domain.documents import Document
from domain.rating_box import Ballot, Cards, IssuerKey, RatingBox
from domain.rating_scale import DEFAULT_SCALE
from domain.refusal import Refusal
from domain.supervision.appraisal import ThirdPartyEvaluation, UnitScore
from domain.supervision.card_scheme import DEFAULT
from domain.supervision.cards import Cards as TaskCards
from domain.supervision.cards import Figures
from domain.supervision.cards import Subject as CardSubject
from service.store.codec import encode
from tests.projections.assessment.independent import Raw

CHINA = timezone(timedelta(hours=8))
BEGIN = datetime(2020, 2, 25, 9, tzinfo=CHINA)
DOCUMENT = Document("演示〔2020〕1号", "考核办法", date(2020, 2, 1))
MONTHS = tuple(f"2020-{month:02}" for month in range(3, 9))
SPANS = (*MONTHS, "2020-Q1", "2020-Q2", "2020-Q3", "2020")
CATEGORIES = (Category.COUNTY, Category.DEPARTMENT)
BY_HAND = ("supervision", "leaders_evaluation", "public_appraisal", "third_party")
COMPONENTS = (*BY_HAND, "anonymous_rating")
TASKS = tuple(identifiers.task_id(f"{n}") for n in range(4))
RATERS = tuple(identifiers.official_id(f"r{n}") for n in range(5))
BEHIND = Figures(Decimal("0.1"), Decimal("0.9"), Decimal("-0.8"), 0, 0)
ENDING = replace(DEFAULT, points_end_with_card=True)
GROUPS = tuple(identifiers.group_id(f"group.{n}") for n in range(3))
UNITS = 7
BOTH = (SubjectKind.UNIT, SubjectKind.OFFICIAL)
MEASURES = Measures(
    (
        CommendationForm("notice", "通报表扬", "commended", Decimal("1.25"), BOTH),
        CommendationForm("merit", "记功", "merit", Decimal("3.005"), BOTH),
    ),
    (
        PenaltyStep("warn", "提醒", "warned", Decimal("-0.5"), BOTH),
        PenaltyStep("criticise", "通报批评", "criticised", Decimal("-2.335"), BOTH),
    ),
    30,
    PriorityRule(Decimal(1), "criticise"),
)
DECISION = PenaltyDecision("演示依据", "演示机关", DOCUMENT)


class Life:
    """The aggregates, and every event they have recorded, in order."""

    def __init__(self, seed: int):
        self.chance = Random(seed)
        self.now = BEGIN
        self.events: list[Event] = []
        self.directory = Directory.open(BEGIN)
        self.scheme: AssessmentScheme | None = None
        self.evaluations: dict[Any, Evaluation] = {}
        self.commendations: list[Commendation] = []
        self.cases: list[AccountabilityCase] = []
        self.cards: dict[Any, TaskCards] = {}
        self.boxes = 0
        self._collect(self.directory)
        for number in range(3):
            self._register(number)

    def live(self, steps: int) -> "Life":
        for _ in range(steps):
            self.now += timedelta(hours=self.chance.randrange(1, 60))
            with suppress(Refusal):
                self._step()
        return self

    def raw(self) -> list[Raw]:
        """The events as the log stores them."""
        return [
            (position, event.TOPIC, json.loads(encode(event)))  # type: ignore[attr-defined]
            for position, event in enumerate(self.events, start=1)
        ]

    def _collect(self, aggregate: Aggregate) -> None:
        self.events.extend(aggregate.collect_events())  # type: ignore[arg-type]

    def _step(self) -> None:
        done = self.chance.choices(
            (
                self._score,
                self._correct,
                self._commend,
                self._hold_to_account,
                self._adopt,
                self._register,
                self._rate,
                self._card,
                self._evaluate,
            ),
            (90, 12, 8, 10, 6, 4, 2, 9, 2),
        )[0]
        done()

    # -- what happens

    def _register(self, number: int | None = None) -> None:
        number = self.chance.randrange(UNITS) if number is None else number
        category = CATEGORIES[number % 2]
        self.directory.register_unit(f"unit.{number}", f"单位{number}", category, self.now)
        self._collect(self.directory)

    def _unit(self) -> Any:
        return self.chance.choice(sorted(self.directory.units))

    def _adopt(self) -> None:
        chance = self.chance
        given = (chance.choice(MONTHS), "考核办法", DOCUMENT, self._content(), self.now)
        if self.scheme is None:
            self.scheme = AssessmentScheme.adopt(*given)
        elif chance.random() < 0.2:
            self.scheme.close_period(chance.choice(MONTHS[:2]), self.now)
        else:
            self.scheme.amend(*given)
        self._collect(self.scheme)

    def _content(self) -> SchemeContent:
        chance = self.chance
        codes = chance.sample(COMPONENTS, chance.randint(1, 4))
        weights = {1: ("100",), 2: ("66.6667", "33.3333"), 3: ("40", "35", "25"), 4: ("10", "20", "30", "40")}
        weighed = tuple(
            ComponentWeight(code, Decimal(weight))
            for code, weight in zip(codes, weights[len(codes)], strict=True)
        )
        ranked = chance.sample(CATEGORIES, chance.choice((1, 2, 2, 2)))
        caps = (
            AdjustmentCap("commendation", Decimal("4.001"), Decimal(0)),
            AdjustmentCap("penalty", Decimal(0), Decimal(3)),
            AdjustmentCap("card", Decimal(0), Decimal("7.5")),
        )
        breakers = chance.sample([*codes, "penalty"], chance.randint(0, 2))
        return SchemeContent(
            tuple(CategoryWeights(category, weighed) for category in ranked),
            (Grade("good", "好", Decimal(90)), Grade("poor", "差", Decimal("50.5"))),
            caps[: chance.randint(1, 3)] if "penalty" not in breakers else caps,
            tuple(breakers),
            chance.randint(0, 3),
            MEASURES,
        )

    def _score(self) -> None:
        if self.scheme is None:
            self._adopt()
            return
        chance = self.chance
        month, component = chance.choice(MONTHS), chance.choice(BY_HAND)
        edition = self.scheme.in_force(month)
        group = chance.choice(GROUPS) if component == "supervision" else None
        unit = self._unit()
        key = identifiers.evaluation_id(unit, month, component, group)
        if key in self.evaluations:
            return
        score, grade = self._mark()
        given = (unit, month, component, group, score, grade, edition, "", self.now)
        self.evaluations[key] = Evaluation.give(*given)
        self._collect(self.evaluations[key])

    def _mark(self) -> tuple[Decimal | None, str | None]:
        chance = self.chance
        if chance.random() < 0.2:
            return None, chance.choice(("good", "poor"))
        # Few different ones, so that totals are equal now and then.
        anything = f"{chance.randrange(1_000_001) / 10_000:.4f}"
        return Decimal(chance.choice(("80", "80", "80", "80", "90.5", "66.6667", anything))), None

    def _correct(self) -> None:
        if self.scheme is None or not self.evaluations:
            return
        evaluation = self.chance.choice(list(self.evaluations.values()))
        edition = self.scheme.in_force(evaluation.period)
        evaluation.correct(None, *self._mark(), edition, "更正", self.now)
        self._collect(evaluation)

    def _commend(self) -> None:
        chance = self.chance
        if self.commendations and chance.random() < 0.3:
            chosen = chance.choice(self.commendations)
            chosen.revoke("撤销", DOCUMENT, self.now)
        else:
            kind = chance.choice((SubjectKind.UNIT, SubjectKind.UNIT, SubjectKind.OFFICIAL))
            subject = Subject(kind, self._unit())
            code = f"c{len(self.commendations)}"
            chosen = Commendation.nominate(code, subject, None, "表扬", "实绩", (), self.now)
            self.commendations.append(chosen)
            chosen.confirm("", self.now)
            chosen.award(chance.choice(MEASURES.forms), 1, DOCUMENT, self.now)
        self._collect(chosen)

    def _hold_to_account(self) -> None:
        chance = self.chance
        if self.cases and chance.random() < 0.5:
            case = chance.choice(self.cases)
            with suppress(Refusal):
                case.appeal(case.subject, "申诉", (), self.now)
            if chance.random() < 0.5:
                case.overturn_penalty("撤销", "演示机关", DOCUMENT, self.now)
            elif chance.random() < 0.5:
                case.change_penalty(MEASURES.ladder[0], 1, 1, "变更", "演示机关", DOCUMENT, self.now)
            else:
                case.uphold_penalty("维持", "演示机关", DOCUMENT, self.now)
        else:
            subject = Subject(SubjectKind.UNIT, self._unit())
            ground = GroundNamed("complaint", "演示来信")
            case = AccountabilityCase.open(
                f"k{len(self.cases)}", subject, None, ground, self.now.date(), "经过", self.now
            )
            self.cases.append(case)
            case.establish_fact("事实", (), self.now)
            case.hear("陈述", False, self.now)
            level = chance.choice((1, 2))
            case.impose_penalty(MEASURES.ladder[level - 1], level, 1, 30, DECISION, self.now)
        self._collect(case)

    def _rate(self) -> None:
        """A box of two units, of a meeting or a panel, opened, sealed, published; units may be voided."""
        chance = self.chance
        self.boxes += 1
        units = chance.sample(sorted(self.directory.units), 2)
        meeting = chance.choice((identifiers.meeting_id("m"), identifiers.meeting_id("n"), None))
        box = RatingBox.open(
            f"b{self.boxes}",
            "评估",
            meeting,
            chance.choice(MONTHS),
            units,
            DEFAULT_SCALE,
            3,
            RATERS,
            self.now + timedelta(minutes=1),
            "suite",
            ("service",),
            [IssuerKey(unit, "service", b"") for unit in units],
            self.now,
        )
        box.close_collection(RATERS, (), Cards(), self.now)
        urn = {unit: self._ballots(chance.choice((2, 3, 5, 5))) for unit in units}
        box.seal(urn, self.now + timedelta(minutes=2))
        box.record_keys_destroyed(self.now)
        with suppress(Refusal):
            box.publish_results(self.now)
        self._collect(box)

    def _ballots(self, count: int) -> list[Ballot]:
        grades = [grade.code for grade in DEFAULT_SCALE]
        return [Ballot(bytes([n]), (), self.chance.choice(grades), b"") for n in range(count)]

    def _card(self) -> None:
        """A day's sweep of a task, or a hand that lifts its card."""
        chance = self.chance
        task = chance.choice(TASKS)
        if task not in self.cards:
            self.cards[task] = TaskCards.open(task, self.now)
        cards, scheme = self.cards[task], chance.choice((DEFAULT, DEFAULT, ENDING))
        subject = CardSubject(task, task, self._unit(), False)
        figures = chance.choice((BEHIND, BEHIND, BEHIND, None))
        if chance.random() < 0.7:
            cards.sweep(1, scheme, subject, figures, self.now.date(), self.now)
        else:
            given = (GROUPS[0], "摘牌", 1, scheme, subject, BEHIND, self.now)
            cards.lift(*given, mistaken=chance.random() < 0.5)
        self._collect(cards)

    def _evaluate(self) -> None:
        """A third party that was commissioned reports."""
        self.boxes += 1
        units = self.chance.sample(sorted(self.directory.units), 2)
        evaluation = ThirdPartyEvaluation.commission(
            f"e{self.boxes}", "演示机构", "质量", units, self.now.date(), self.now
        )
        scores = [UnitScore(unit, Decimal(self.chance.randrange(101)), "抽样。") for unit in units]
        evaluation.report(self.now.date(), "总体良好。", scores, self.now)
        self._collect(evaluation)


def positions(life: Life, count: int) -> Sequence[int]:
    """Random positions of the history, its end among them."""
    return [len(life.events), *(life.chance.randint(0, len(life.events)) for _ in range(count - 1))]
