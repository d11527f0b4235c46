"""Commands on rating boxes: what of an anonymous rating is a fact. The other steps are mutations of their
own."""

from datetime import datetime
from uuid import UUID

from domain import identifiers, rating_box
from domain.meeting import ReviewMeeting
from domain.rating_box import DEFAULT_THRESHOLD, Cards, IssuerKey, RatingBox
from domain.rating_scale import DEFAULT_SCALE, Grade
from domain.refusal import Refusal, require
from projections.ratings import RATED_ELSEWHERE
from service.ballots.blind_rsa import SUITE
from service.ballots.boxes import seats
from service.commands.command import (
    Command,
    MeetingId,
    RaterId,
    RatingId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk

_BOX = "The rating box."


@command("openRating")
class OpenRating(Command):
    """Open a rating box for the units of a meeting, or of a panel's appraisal: keys are made, check-in
    begins. 设立票箱"""

    code: str = about("Short code, unique.")
    title: str = about("Title, as raters see it.")
    meeting: MeetingId | None = about(
        "The review meeting: its drawn units are rated by its roll; null for an appraisal.", default=None
    )
    units: tuple[UnitId, ...] = about("The units rated; for a meeting none: those drawn.", default=())
    period: str | None = about("The month rated; for a meeting null: its own.", default=None)
    seats: int | None = about("Seats of the panel of an appraisal.", default=None)
    scale: tuple[Grade, ...] = about("Four grades, the best first; none: the usual ones.", default=())
    threshold: int = about("Fewer ballots than this, and the rating is voided.", default=DEFAULT_THRESHOLD)
    closes_at: datetime = about("When the box is sealed at the latest.")
    demonstration: bool = about("Played, not lived.", default=False)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        box = self.subject()
        await require_new(desk, RatingBox, box)
        units, period, roll = await self._occasion(desk)
        rating_box.require_opening(units, self.threshold, len(roll))
        rating_box.require_closing(self.closes_at, desk.at)
        issuers = desk.ballots.issuer_names
        keys = await desk.ballots.issuer_keys(box, units, roll)
        desk.add(
            RatingBox.open(
                self.code,
                self.title,
                self.meeting,
                period,
                units,
                self.scale or DEFAULT_SCALE,
                self.threshold,
                roll,
                self.closes_at.astimezone(desk.at.tzinfo),
                SUITE,
                issuers,
                [IssuerKey(unit, name, keys[unit, name]) for unit in units for name in issuers],
                desk.at,
                demonstration=self.demonstration,
            )
        )

    async def _occasion(self, desk: Desk) -> tuple[tuple[UUID, ...], str, tuple[UUID, ...]]:
        """The units, the period and the roll."""
        if self.meeting is not None:
            require(self.seats is None, "rating.occasion_unclear", field="seats")
            meeting = await desk.streams.load(ReviewMeeting, self.meeting, "meeting")
            drawn = meeting.require_rateable()
            for i, unit in enumerate(self.units):
                require(unit in drawn, "meeting.unit_not_drawn", field=f"units.{i}")
            return self.units or drawn, self.period or meeting.period, meeting.attendee_ids
        if self.seats is None or self.period is None:
            raise Refusal("rating.occasion_unclear", field="meeting")
        directory = await directory_of(desk)
        for i, unit in enumerate(self.units):
            directory.require_unit(unit, f"units.{i}")
        sound = 0 <= self.seats <= rating_box.MOST_RATERS
        require(sound, "rating.roll_size", field="seats")
        return self.units, self.period, seats(self.subject(), self.seats)

    def subject(self) -> UUID:
        return identifiers.rating_id(self.code)


class _OfBox(Command):
    box: RatingId

    def subject(self) -> UUID:
        return self.box

    async def loaded(self, desk: Desk) -> RatingBox:
        return await desk.load(RatingBox, self.box, "box")


@command("strikeRater")
class StrikeRater(_OfBox):
    """Strike a rater off the roll of a box, while they hold no credentials. 移出评估名册"""

    box: RatingId = about(_BOX)
    rater: RaterId = about("The rater.")
    reason: str = about("Why.")

    async def handle(self, desk: Desk) -> None:
        rated = await self.loaded(desk)
        rated.require_collecting()
        rated.require_on_roll(self.rater)
        holds = not await desk.ballots.bar(self.box, self.rater)
        rated.strike(self.rater, holds, self.reason, desk.at)


@command("closeCollection")
class CloseCollection(_OfBox):
    """End check-in: nothing is issued any more, and casting begins. 截止签到"""

    box: RatingId = about(_BOX)
    cards_returned: int = about("How many printed cards were not handed out, counted by hand.", default=0)

    async def handle(self, desk: Desk) -> None:
        rated = await self.loaded(desk)
        rated.require_collecting()
        await self._require_rated_once(desk, rated)
        held = await desk.ballots.end_collecting(rated)
        cards = Cards(held.cards_printed, self.cards_returned, held.indexes)
        try:
            rated.close_collection(held.by_phone, held.by_card, cards, desk.at)
        except Refusal:
            await desk.ballots.urns.collect_on(self.box)
            raise

    async def afterwards(self, desk: Desk) -> None:
        await desk.ballots.urns.open_urn(self.box)

    def turn(self) -> UUID:
        """One box after the other, for the rule looks at those of the same meeting as well."""
        return identifiers.BARRIERS

    async def _require_rated_once(self, desk: Desk, rated: RatingBox) -> None:
        """Nobody votes twice at a meeting, and nothing is rated there until the result pleases."""
        if rated.meeting_id is None:
            return
        _, tables = await desk.settled()
        elsewhere = await tables.rows(RATED_ELSEWHERE, self.box, rated.meeting_id, list(rated.unit_ids))
        require(not elsewhere, "rating.rated_already", field="box")


@command("keyPaperBatch")
class KeyPaperBatch(_OfBox):
    """Say how many papers a batch has, before they are keyed; a second person confirms it. 登记纸票批次"""

    box: RatingId = about(_BOX)
    batch: str = about("A code for the batch, unique in the box; chance is best.")
    papers: int = about("How many papers it has.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).key_papers(self.batch, self.papers, desk.viewer.actor, desk.at)


@command("confirmPaperBatch")
class ConfirmPaperBatch(_OfBox):
    """Confirm as the second person how many papers a batch has, by a count of one's own: only then are its
    ballots cast. 复核纸票批次"""

    box: RatingId = about(_BOX)
    batch: str = about("The code of the batch.")
    papers: int = about("How many papers the second person has counted.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).confirm_papers(self.batch, self.papers, desk.viewer.actor, desk.at)


@command("sealRating")
class SealRating(_OfBox):
    """Seal the box: every unit's ballots enter the log at once, or the unit's rating is voided. 封箱"""

    box: RatingId = about(_BOX)

    async def handle(self, desk: Desk) -> None:
        rated = await self.loaded(desk)
        rated.require_casting()
        urn = await desk.ballots.begin_sealing(rated)
        try:
            rated.seal(urn, desk.at)
        except Refusal:
            await desk.ballots.urns.cast_on(self.box)
            raise

    async def afterwards(self, desk: Desk) -> None:
        await desk.ballots.urns.drop(self.box)


@command("destroyIssuerKeys")
class DestroyIssuerKeys(_OfBox):
    """Destroy the urn and the issuers' private keys of a sealed box. 销毁签发密钥"""

    box: RatingId = about(_BOX)

    async def handle(self, desk: Desk) -> None:
        rated = await self.loaded(desk)
        rated.require_sealed()
        await desk.ballots.destroy_keys(rated)
        rated.record_keys_destroyed(desk.at)


@command("revealUnusedCards")
class RevealUnusedCards(_OfBox):
    """Reveal the cards that came back, so that everybody sees that none of them voted. 公开未用卡"""

    box: RatingId = about(_BOX)
    seeds: tuple[str, ...] = about("The codes on the cards, as printed or typed.")

    async def handle(self, desk: Desk) -> None:
        rated = await self.loaded(desk)
        rated.require_sealed()
        rated.reveal_unused(await desk.ballots.require_unused(rated, self.seeds), desk.at)


@command("publishRatingResults")
class PublishRatingResults(_OfBox):
    """Publish the histogram and score of every unit whose rating stands. 公布评估结果"""

    box: RatingId = about(_BOX)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish_results(desk.at)
