"""Commands on commendations and accountability cases."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from domain import identifiers
from domain.assessment.accountability_case import AccountabilityCase, PenaltyDecision
from domain.assessment.commendation import Commendation
from domain.assessment.grounds import GROUNDS, GroundNamed
from domain.assessment.measures import PenaltyStep
from domain.assessment.subject import Office, Subject, SubjectKind
from domain.documents import Document, Evidence
from domain.refusal import Refusal, require
from domain.supervision.obligations import MISSED_OBLIGATION
from projections.supervision.obligations import WAS_MISSED
from service.commands.assessment import scheme_in_force, scheme_of_edition
from service.commands.command import (
    AccountabilityCaseId,
    Command,
    CommendationId,
    GroupId,
    OfficialId,
    UnitId,
    about,
    command,
    directory_of,
    require_new,
)
from service.desk import Desk
from service.errors import Forbidden
from service.identity import Reach
from service.store.codec import decode

_COMMENDATION = "The commendation."
_CASE = "The accountability case."
_UNIT = "The unit it is about; or else an official."
_OFFICIAL = "The official it is about; or else a unit."
_DOCUMENT = "The document that authorises it."
_EVIDENCE = "What shows it."
_OUTLET = "Where it was made public: a newspaper, a site, a broadcast."
_DECIDED_BY = "The body that decided it. 决定机关"


async def _subject(
    desk: Desk, unit: UUID | None, official: UUID | None, day: date
) -> tuple[Subject, Office | None]:
    """Whom it is about; with the post that an official held on that day."""
    subject = _named(unit, official)
    directory = await directory_of(desk)
    if subject.kind is SubjectKind.UNIT:
        directory.require_unit(subject.id)
        return subject, None
    directory.require_official(subject.id)
    post = directory.post_held(subject.id, day)
    return subject, None if post is None else Office(post.unit_id, post.post)


def _named(unit: UUID | None, official: UUID | None) -> Subject:
    if unit is not None and official is None:
        return Subject(SubjectKind.UNIT, unit)
    if official is not None and unit is None:
        return Subject(SubjectKind.OFFICIAL, official)
    raise Refusal("subject.one_of_both", field="unit")


def _speaker(desk: Desk, unit: UUID | None, official: UUID | None, otherwise: Subject) -> Subject:
    """Whom a command speaks for: a reporter for their unit, an official for themselves; the office for the
    one named, or `otherwise`."""
    if desk.reach is Reach.OWN_UNIT:
        if official is not None:
            raise Forbidden("A reporter speaks for their own unit only.", field="official")
        return Subject(SubjectKind.UNIT, desk.unit(unit, otherwise.id))
    if desk.reach is Reach.OWN_RECORD:
        own = desk.viewer.official_id
        if own is None or unit is not None or official not in (None, own):
            raise Forbidden("An official speaks for themselves only.", field="official")
        return Subject(SubjectKind.OFFICIAL, own)
    if unit is None and official is None:
        return otherwise
    return _named(unit, official)


# -- commendations


@command("nominateCommendation")
class NominateCommendation(Command):
    """Nominate a unit or an official for a commendation. 申报表扬奖励"""

    code: str = about("Short code, unique.")
    unit: UnitId | None = about(_UNIT, default=None)
    official: OfficialId | None = about(_OFFICIAL, default=None)
    title: str = about("What it is for, in a line.")
    grounds: str = about("The grounds. 事由")
    evidence: tuple[Evidence, ...] = about(_EVIDENCE, default=())
    nominating_unit: UnitId | None = about(
        "The unit that nominates; a reporter's own if left out.", default=None
    )
    group: GroupId | None = about("The group that nominates; a supervisor's own if left out.", default=None)

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, Commendation, self.subject())
        subject, office = await _subject(desk, self.unit, self.official, desk.at.date())
        nominating = self.nominating_unit
        if desk.reach is Reach.OWN_UNIT:
            nominating = UnitId(desk.unit(nominating, subject.id))
        elif nominating is not None:
            if desk.reach is Reach.OWN_GROUP:
                raise Forbidden("A supervisor speaks for their own group only.", field="nominatingUnit")
            (await directory_of(desk)).require_unit(nominating, "nominatingUnit")
        by = (nominating, desk.group(self.group))
        given = (self.code, subject, office, self.title, self.grounds, self.evidence)
        desk.add(Commendation.nominate(*given, desk.at, *by))

    def subject(self) -> UUID:
        return identifiers.commendation_id(self.code)


class _OfCommendation(Command):
    commendation: CommendationId

    def subject(self) -> UUID:
        return self.commendation

    async def loaded(self, desk: Desk) -> Commendation:
        return await desk.load(Commendation, self.commendation, "commendation")


@command("confirmCommendation")
class ConfirmCommendation(_OfCommendation):
    """Confirm a nomination. 认定"""

    commendation: CommendationId = about(_COMMENDATION)
    remark: str = about("A remark.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).confirm(self.remark, desk.at)


@command("refuseCommendation")
class RefuseCommendation(_OfCommendation):
    """Refuse a nomination. 不予认定"""

    commendation: CommendationId = about(_COMMENDATION)
    reason: str = about("Why.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).refuse(self.reason, desk.at)


@command("awardCommendation")
class AwardCommendation(_OfCommendation):
    """Award what was confirmed, in a form of the scheme in force: it counts from today. 表扬奖励"""

    commendation: CommendationId = about(_COMMENDATION)
    form: str = about("The code of the form.")
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        commendation = await self.loaded(desk)
        scheme = await scheme_in_force(desk, desk.at.date(), "form")
        form = scheme.measures.form(self.form, commendation.subject.kind)
        commendation.award(form, scheme.edition, self.document, desk.at)


@command("publishCommendation")
class PublishCommendation(_OfCommendation):
    """Make an award known to the public. 公布表扬奖励"""

    commendation: CommendationId = about(_COMMENDATION)
    outlet: str = about(_OUTLET)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish(self.outlet, desk.at)


@command("revokeCommendation")
class RevokeCommendation(_OfCommendation):
    """Revoke an award: it counts no more from today, and stays in the record. 撤销表扬奖励"""

    commendation: CommendationId = about(_COMMENDATION)
    reason: str = about("Why.")
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).revoke(self.reason, self.document, desk.at)


# -- accountability cases


@command("openAccountabilityCase")
class OpenAccountabilityCase(Command):
    """Open an accountability case about a unit or an official, on a ground. 问责立案"""

    code: str = about("Short code, unique.")
    unit: UnitId | None = about(_UNIT, default=None)
    official: OfficialId | None = about(_OFFICIAL, default=None)
    ground: GroundNamed = about("The ground it rests on.")
    happened_on: date = about("The day of what it is about.")
    summary: str = about("What it is about.")

    async def handle(self, desk: Desk) -> None:
        identifiers.require_code(self.code)
        await require_new(desk, AccountabilityCase, self.subject())
        subject, office = await _subject(desk, self.unit, self.official, self.happened_on)
        ground = await _looked_up(desk, self.ground)
        given = (self.code, subject, office, ground, self.happened_on, self.summary)
        desk.add(AccountabilityCase.open(*given, desk.at))

    def subject(self) -> UUID:
        return identifiers.accountability_case_id(self.code)


async def _looked_up(desk: Desk, ground: GroundNamed) -> GroundNamed:
    """The ground with the topic of the event that it rests on, if there is such an event; refused where the
    event, or the obligation that it names, is not what the ground says."""
    if ground.code == MISSED_OBLIGATION.code and ground.position is None:
        _, tables = await desk.settled()
        missed = await tables.rows(WAS_MISSED, ground.reference, desk.at.date())
        require(bool(missed), "ground.not_missed", field="ground.reference")
    if ground.position is None or ground.position < 1:
        return ground
    found = await desk.streams.recorder.select_notifications(ground.position, 1, ground.position)
    if not found:
        return ground
    kind, [stored] = GROUNDS.get(ground.code), found
    if kind is not None and stored.topic in kind.topics:
        kind.require_shown(decode(stored.topic, stored.state))
    return replace(ground, topic=stored.topic)


class _OfCase(Command):
    accountability_case: AccountabilityCaseId

    def subject(self) -> UUID:
        return self.accountability_case

    async def loaded(self, desk: Desk) -> AccountabilityCase:
        return await desk.load(AccountabilityCase, self.accountability_case, "accountabilityCase")


async def _step_of(desk: Desk, case: AccountabilityCase, code: str) -> tuple[PenaltyStep, int, int, int]:
    """The step of the ladder in force, its level, the edition, and the days for an appeal. Of a penalty that
    was imposed, of the ladder that it is a step of: another edition's levels are not to be compared with."""
    if case.penalty is None:
        scheme = await scheme_in_force(desk, desk.at.date(), "step")
    else:
        scheme = await scheme_of_edition(desk, case.penalty.edition, "step")
    step = scheme.measures.step(code, case.subject.kind)
    return step, scheme.measures.level(code), scheme.edition, scheme.measures.appeal_days


@command("establishFact")
class EstablishFact(_OfCase):
    """Establish a fact of a case. 查明事实"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    fact: str = about("The fact.")
    evidence: tuple[Evidence, ...] = about(_EVIDENCE, default=())

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).establish_fact(self.fact, self.evidence, desk.at)


@command("recordHearing")
class RecordHearing(_OfCase):
    """Record what whoever the case is about said on all the facts established. 听取陈述申辩"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    statement: str = about("What they said; may be empty if they let the chance pass.", default="")
    waived: bool = about("They had the chance, and let it pass.", default=False)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).hear(self.statement, self.waived, desk.at)


@command("dropAccountabilityCase")
class DropAccountabilityCase(_OfCase):
    """Drop a case that comes to nothing. 不予问责"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    reason: str = about("Why.")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).drop(self.reason, desk.at)


@command("imposePenalty")
class ImposePenalty(_OfCase):
    """Impose a step of the ladder in force: it counts from today, for its term. 作出处理决定"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    step: str = about("The code of the step.")
    legal_basis: str = about("The rule it is imposed under. 处理依据")
    decided_by: str = about(_DECIDED_BY)
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        case = await self.loaded(desk)
        step, level, edition, appeal_days = await _step_of(desk, case, self.step)
        decision = PenaltyDecision(self.legal_basis, self.decided_by, self.document)
        case.impose_penalty(step, level, edition, appeal_days, decision, desk.at)


@command("publishPenalty")
class PublishPenalty(_OfCase):
    """Make a penalty known to the public. 公布处理决定"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    outlet: str = about(_OUTLET)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).publish_penalty(self.outlet, desk.at)


@command("lodgeAppeal")
class LodgeAppeal(_OfCase):
    """Appeal against a penalty, within the period, once. 提出申诉"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    grounds: str = about("The grounds. 申诉理由")
    evidence: tuple[Evidence, ...] = about(_EVIDENCE, default=())
    unit: UnitId | None = about("The unit that appeals; a reporter's own if left out.", default=None)
    official: OfficialId | None = about(
        "The official who appeals; themselves if left out. The office records an appeal on paper for the one"
        " named, or for whoever was penalised.",
        default=None,
    )

    async def handle(self, desk: Desk) -> None:
        case = await self.loaded(desk)
        by = _speaker(desk, self.unit, self.official, case.subject)
        if by != case.subject and desk.reach is not Reach.ANY and not case.published:
            # That somebody else has a case is no more theirs to learn than what is in it.
            raise Refusal("accountability_case.unknown", field="accountabilityCase")
        case.appeal(by, self.grounds, self.evidence, desk.at)


@command("upholdPenalty")
class UpholdPenalty(_OfCase):
    """Decide an appeal: the penalty is upheld. 维持"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    reason: str = about("Why.")
    decided_by: str = about(_DECIDED_BY)
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).uphold_penalty(self.reason, self.decided_by, self.document, desk.at)


@command("changePenalty")
class ChangePenalty(_OfCase):
    """Decide an appeal: a milder step takes the penalty's place, from the same day. 变更"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    step: str = about("The code of the milder step, of the ladder that the penalty was imposed under.")
    reason: str = about("Why.")
    decided_by: str = about(_DECIDED_BY)
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        case = await self.loaded(desk)
        step, level, edition, _ = await _step_of(desk, case, self.step)
        given = (step, level, edition, self.reason, self.decided_by, self.document)
        case.change_penalty(*given, desk.at)


@command("overturnPenalty")
class OverturnPenalty(_OfCase):
    """Decide an appeal: the penalty is overturned; it counts no more, and stays in the record. 撤销"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    reason: str = about("Why.")
    decided_by: str = about(_DECIDED_BY)
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).overturn_penalty(self.reason, self.decided_by, self.document, desk.at)


@command("executePenalty")
class ExecutePenalty(_OfCase):
    """Record that a penalty was executed. 执行处理决定"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    executed_on: date = about("The day.")
    remark: str = about("A remark.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).execute_penalty(self.executed_on, self.remark, desk.at)


@command("liftPenalty")
class LiftPenalty(_OfCase):
    """Lift a penalty before its term is over: it counts no more in the record from today. Points that it took
    away in rankings stay taken away. 提前解除"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    reason: str = about("Why: how things were put right.")
    decided_by: str = about(_DECIDED_BY)
    document: Document = about(_DOCUMENT)

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).lift_penalty(self.reason, self.decided_by, self.document, desk.at)


@command("closeAccountabilityCase")
class CloseAccountabilityCase(_OfCase):
    """Close a case in which nothing is left to be done. 结案"""

    accountability_case: AccountabilityCaseId = about(_CASE)
    remark: str = about("A remark.", default="")

    async def handle(self, desk: Desk) -> None:
        (await self.loaded(desk)).close(self.remark, desk.at)
