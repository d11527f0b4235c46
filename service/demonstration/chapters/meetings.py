"""The monthly review meetings of the demonstration year (一月一点评), and their ratings (article 49).

A meeting takes a week: its list is frozen, the sources of chance become known, the units are drawn; they
present, are commented on, and rated by phone and by card. In September one unit gets too few ballots and is
voided. In October a panel appraises three units by invitation cards (article 50). Raters are simulated with
the protocol's own client, from the year's seed; issuers' keys are real ones, so that sealed boxes differ
from run to run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from uuid import UUID

from domain import identifiers
from domain.directory import Category
from domain.draw_pools import DEFAULT_RULE, Quota, Source
from domain.meeting import AgendaItem, ReviewMeeting
from domain.rating_box import RatingBox, RatingPhase
from domain.rating_scale import DEFAULT_SCALE
from service import commands as give
from service.ballots.boxes import SECRET_BITS, Ballots
from service.ballots.client import Card, Rater
from service.commands.command import MeetingId, OfficialId, RatingId, UnitId
from service.demonstration.acts import Act, Stage
from service.demonstration.setting import OFFICE, Setting, supervisor
from service.demonstration.workdays import workday
from service.identity import Role, Viewer
from service.plans.rows import PlanDocument
from service.store.clock import DEMONSTRATION

EVALUATOR = Viewer(Role.EVALUATOR, f"{DEMONSTRATION}evaluator")
MONTHS = range(4, 13)
PHONES, CARDS = 8, 2
VOIDED_MONTH, TOO_FEW = 9, 3
APPRAISAL_MONTH, SEATS, APPRAISED = 10, 6, 3

_LOTTERY, _DICE = "演示彩票当日开奖号码", "现场掷骰三次"
_SUMMARIES = (
    "【演示】汇报牵头任务进度、存在短板和下月安排。",
    "【演示】汇报指标完成情况，对滞后事项说明原因并作出承诺。",
    "【演示】汇报重点任务推进做法和需要协调的问题。",
)
_COMMENTS = (
    "【演示】推进有力，数据扎实，望巩固成果。",
    "【演示】总体符合进度，个别指标偏慢，请倒排工期。",
    "【演示】问题找得准，整改要有时限，下月看结果。",
)


@dataclass(frozen=True)
class _Meeting:
    """One meeting of the year."""

    month: int
    document: PlanDocument
    setting: Setting

    @property
    def code(self) -> str:
        return f"demo-2020-{self.month:02}"

    @property
    def id(self) -> UUID:
        return identifiers.meeting_id(self.code)

    @property
    def box(self) -> UUID:
        return identifiers.rating_id(self.code)

    @property
    def day(self) -> date:
        return workday(date(2020, self.month, 26 if self.month < 12 else 17))

    def at(self, hour: int, minute: int = 0, days_before: int = 0) -> datetime:
        day = self.day - timedelta(days=days_before)
        return datetime.combine(day, time(hour, minute), self.setting.zone)

    def rng(self, purpose: str) -> Random:
        return Random(f"{self.setting.seed}/meetings/{self.month}/{purpose}")

    # -- the acts

    def acts(self) -> Iterator[Act]:
        named = f"{self.month:02}"
        yield Act(self.at(10, days_before=7), f"{named}-scheduled", self.schedule)
        yield Act(self.at(16, days_before=2), f"{named}-frozen", self.freeze)
        yield Act(self.at(16, days_before=1), f"{named}-drawn", self.draw)
        yield Act(self.at(9), f"{named}-presented", self.present)
        yield Act(self.at(11), f"{named}-rated", self.rate)
        yield Act(self.at(12), f"{named}-sealed", self.seal)
        yield Act(self.at(14), f"{named}-published", self.publish)
        yield Act(self.at(15), f"{named}-minutes", self.end)

    async def schedule(self, stage: Stage) -> None:
        agenda = (
            AgendaItem("抽中单位现场汇报", "抽中单位"),
            AgendaItem("逐一点评", "分管负责同志、督导评估组"),
            AgendaItem("无记名等级评估", "参会人员"),
            AgendaItem("阶段评价和任务部署", "主要负责同志"),
        )
        scheduled = give.ScheduleReviewMeeting(
            code=self.code,
            title=f"【演示】{self.month}月攻坚工作点评会",
            period=f"2020-{self.month:02}",
            held_on=self.day,
            place="演示会议中心",
            agenda=agenda,
            attendees=tuple(OfficialId(rater) for rater in raters()),
            demonstration=True,
        )
        await stage.close(scheduled, OFFICE)

    async def freeze(self, stage: Stage) -> None:
        # Of the seed, so that every run of the year draws the same units.
        secret = self.rng("secret").getrandbits(SECRET_BITS)
        await _ballots(stage).urns.keep_secret(self.id, secret)
        frozen = give.FreezeCandidates(
            meeting=MeetingId(self.id), sources=(_LOTTERY, _DICE), quotas=_quotas(self.document)
        )
        await stage.close(frozen, OFFICE)

    async def draw(self, stage: Stage) -> None:
        rng = self.rng("draw")
        sources = (
            Source(_LOTTERY, tuple(sorted(rng.sample(range(1, 36), 7)))),
            Source(_DICE, tuple(rng.randint(1, 6) for _ in range(3))),
        )
        await stage.close(give.DrawUnits(meeting=MeetingId(self.id), sources=sources), OFFICE)

    async def present(self, stage: Stage) -> None:
        rng, meeting = self.rng("present"), MeetingId(self.id)
        drawn = await self._drawn(stage)
        for unit in drawn:
            await stage.give(
                give.RecordPresentation(meeting=meeting, unit=unit, summary=rng.choice(_SUMMARIES)), OFFICE
            )
        for unit, group in zip(drawn, cycle(self.setting.groups), strict=False):
            comment = give.RecordComment(meeting=meeting, unit=unit, text=rng.choice(_COMMENTS))
            await stage.give(comment, supervisor(group.code))
        evaluated = give.EvaluateStage(
            meeting=meeting,
            official=OfficialId(raters()[0]),
            text=f"【演示】{self.month}月攻坚总体平稳，滞后事项逐项销号，下月继续加压。",
        )
        await stage.close(evaluated, OFFICE)

    async def rate(self, stage: Stage) -> None:
        opened = give.OpenRating(
            code=self.code,
            title=f"【演示】{self.month}月无记名等级评估",
            meeting=MeetingId(self.id),
            closes_at=self.at(11, 45),
            demonstration=True,
        )
        await stage.give(opened, EVALUATOR)
        hall = _Hall(_ballots(stage), self.box, self.rng("rate"))
        await hall.collect(raters()[:PHONES], raters()[PHONES : PHONES + CARDS])
        await stage.close(give.CloseCollection(box=RatingId(self.box)), EVALUATOR)
        await hall.cast(TOO_FEW if self.month == VOIDED_MONTH else None)

    async def seal(self, stage: Stage) -> None:
        await stage.close(give.SealRating(box=RatingId(self.box)), EVALUATOR)

    async def publish(self, stage: Stage) -> None:
        await _published(stage, self.box)

    async def end(self, stage: Stage) -> None:
        following = f"{self.month % 12 + 1}月"
        text = f"【演示】会议听取抽中单位汇报，逐一点评，组织无记名等级评估，部署{following}重点工作。"
        await stage.close(give.KeepMinutes(meeting=MeetingId(self.id), text=text), OFFICE)

    async def _drawn(self, stage: Stage) -> tuple[UnitId, ...]:
        meeting = await stage.commands.streams.load(ReviewMeeting, self.id, "meeting")
        return tuple(UnitId(unit) for unit in meeting.drawn_unit_ids)


def meetings(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    """The acts of all meetings, and of the appraisal."""
    if not _quotas(document):
        return
    first = _Meeting(MONTHS[0], document, setting)
    yield Act(first.at(9, days_before=7), "raters", _register)
    for month in MONTHS:
        yield from _Meeting(month, document, setting).acts()
    yield from _appraisal(document, setting)


async def _register(stage: Stage) -> None:
    """Those who attend: nobody who lives."""
    *others, last = range(PHONES + CARDS)
    for n in others:
        await stage.give(_rater(n), OFFICE)
    await stage.close(_rater(last), OFFICE)


def _rater(n: int) -> give.RegisterOfficial:
    return give.RegisterOfficial(code=f"demo.rater.{n:02}", name=f"【演示】参会人员{n + 1:02}")


def raters() -> list[UUID]:
    return [identifiers.official_id(f"demo.rater.{n:02}") for n in range(PHONES + CARDS)]


def _quotas(document: PlanDocument) -> tuple[Quota, ...]:
    """The usual ones, as far as the plan has units; none when it has too few to draw from."""
    counts = {category: sum(u.category is category for u in document.units) for category in Category}
    usual = ((quota, counts[quota.category]) for quota in DEFAULT_RULE.quotas)
    return tuple(Quota(quota.category, min(quota.units, there)) for quota, there in usual if there)


# -- a hall of raters


@dataclass
class _Hall:
    """Raters at one box, played by the protocol's own client."""

    ballots: Ballots
    box: UUID
    rng: Random

    async def collect(self, by_phone: Sequence[UUID], by_card: Sequence[UUID]) -> None:
        """Everybody comes, and takes a phone or a card."""
        terms = await self.ballots.terms(self.box)
        raters = [Rater(terms, Random(self.rng.random())) for _ in by_phone]
        self.phones: list[Rater] = []
        self.seeds: list[str] = []
        # A year that was cut short here: the credentials that were held and the cards that were printed are
        # not known any more, and do not vote.
        phase, printed = await self.ballots.urns.phase(self.box)
        if terms.rated.phase is not RatingPhase.COLLECTING or phase not in ("", "collecting"):
            return
        holders = {checked.rater for checked in await self.ballots.urns.raters(self.box) if checked.collected}
        for rater, official in zip(raters, by_phone, strict=True):
            if official not in holders:
                code = await self.ballots.check_in(self.box, official)
                rater.take(await self.ballots.collect(self.box, code, None, rater.blinded()))
                self.phones.append(rater)
        if by_card:
            if not printed:
                self.seeds = await self.ballots.print_cards(self.box, len(by_card))
            await self.ballots.hand_out(self.box, by_card)

    async def cast(self, too_few: int | None = None) -> None:
        """Everybody casts for every unit; for the last one only so many, if it is said."""
        terms = await self.ballots.terms(self.box)
        bundles = dict(await self.ballots.urns.bundles(self.box))
        cards = [Card(terms, seed, bundles) for seed in self.seeds]
        grades, weights = [grade.code for grade in DEFAULT_SCALE], (4, 5, 2, 1)
        for unit in terms.unit_ids:
            voters: list[Rater | Card] = [*self.phones, *cards]
            self.rng.shuffle(voters)
            if unit == terms.unit_ids[-1]:
                voters = voters[:too_few]
            for voter in voters:
                [grade] = self.rng.choices(grades, weights)
                ballot = voter.ballot(unit, grade)
                if ballot is not None:
                    await self.ballots.cast(self.box, unit, ballot)


def _ballots(stage: Stage) -> Ballots:
    if stage.commands.around.ballots is None:
        raise TypeError("this chapter is played where there are rating boxes")
    return stage.commands.around.ballots


async def _published(stage: Stage, box: UUID) -> None:
    rated = await stage.commands.streams.load(RatingBox, box, "box")
    if not rated.sealed:
        # Everything is voided, as when the year was cut short while ballots were cast.
        await stage.close(give.DestroyIssuerKeys(box=RatingId(box)), EVALUATOR)
        return
    await stage.give(give.DestroyIssuerKeys(box=RatingId(box)), EVALUATOR)
    await stage.close(give.PublishRatingResults(box=RatingId(box)), EVALUATOR)


# -- the appraisal by a panel


def _appraisal(document: PlanDocument, setting: Setting) -> Iterator[Act]:
    code = "demo-appraisal-2020-10"
    box = identifiers.rating_id(code)
    units = [UnitId(identifiers.unit_id(u.code)) for u in document.units if u.category is Category.DEPARTMENT]

    def at(day: int, hour: int) -> datetime:
        return datetime.combine(date(2020, APPRAISAL_MONTH, day), time(hour), setting.zone)

    async def rate(stage: Stage) -> None:
        opened = give.OpenRating(
            code=code,
            title="【演示】两代表一委员、企业和群众评议",
            period=f"2020-{APPRAISAL_MONTH:02}",
            seats=SEATS,
            units=tuple(units[:APPRAISED]),
            closes_at=at(16, 17),
            demonstration=True,
        )
        await stage.give(opened, EVALUATOR)
        rated = await stage.commands.streams.load(RatingBox, box, "box")
        hall = _Hall(_ballots(stage), box, Random(f"{setting.seed}/appraisal"))
        await hall.collect((), sorted(rated.roll))
        await stage.close(give.CloseCollection(box=RatingId(box)), EVALUATOR)
        await hall.cast()

    async def seal(stage: Stage) -> None:
        await stage.close(give.SealRating(box=RatingId(box)), EVALUATOR)

    async def publish(stage: Stage) -> None:
        await _published(stage, box)

    if len(units) >= APPRAISED:
        yield Act(at(12, 10), "appraisal-rated", rate)
        yield Act(at(16, 18), "appraisal-sealed", seal)
        yield Act(at(19, 10), "appraisal-published", publish)
