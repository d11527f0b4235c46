"""How long each text on merit and fault may be: the last length that is recorded, and the first refused."""

from dataclasses import replace

import pytest

from domain.assessment.grounds import GroundNamed
from tests.domain import examples as city
from tests.domain.assessment import merits
from tests.domain.assessment.merits import JUNE, MAY, TO_PENALTY, appealed, awarded, confirmed, nominated
from tests.domain.scenario import Command
from tests.domain.texts import Told, require_length

NOMINATED: tuple[Command, ...] = (nominated(),)
AWARDED: tuple[Command, ...] = (nominated(), confirmed, awarded)
OPENED, ESTABLISHED, HEARD = TO_PENALTY[:1], TO_PENALTY[:2], TO_PENALTY[:3]
APPEALED: tuple[Command, ...] = (*TO_PENALTY, appealed)


def penalized(**texts: str) -> Command:
    decision = replace(merits.DECISION, **texts)  # type: ignore[arg-type]
    return lambda c: c.impose_penalty(merits.TALK, 2, merits.EDITION, 30, decision, MAY)


def decided(reason: str = "适当。", decided_by: str = "督查室") -> Command:
    return lambda c: c.uphold_penalty(reason, decided_by, merits.PAPER, JUNE)


# What is given, the command told with a text, its field, and how many characters that takes.
LENGTHS: list[tuple[tuple[Command, ...], Told, str, int]] = [
    ((), lambda x: nominated(title=x), "title", 200),
    ((), lambda x: nominated(grounds=x), "grounds", 4000),
    (NOMINATED, lambda x: lambda c: c.confirm(x, MAY), "remark", 1000),
    (NOMINATED, lambda x: lambda c: c.refuse(x, MAY), "reason", 1000),
    (AWARDED, lambda x: lambda c: c.publish(x, MAY), "outlet", 200),
    (AWARDED, lambda x: lambda c: c.revoke(x, merits.PAPER, MAY), "reason", 1000),
    ((), lambda x: merits.opened(summary=x), "summary", 2000),
    ((), lambda x: merits.opened(ground=GroundNamed("complaint", x)), "ground.reference", 200),
    (
        (),
        lambda x: merits.opened(ground=GroundNamed("missed_target", x, 7, "task.listed")),
        "ground.reference",
        200,
    ),
    (OPENED, lambda x: lambda c: c.establish_fact(x, (city.EVIDENCE,), MAY), "fact", 4000),
    (ESTABLISHED, lambda x: lambda c: c.hear(x, False, MAY), "statement", 4000),
    (ESTABLISHED, lambda x: lambda c: c.hear(x, True, MAY), "statement", 4000),
    (HEARD, lambda x: lambda c: c.drop(x, MAY), "reason", 1000),
    (HEARD, lambda x: penalized(legal_basis=x), "legalBasis", 200),
    (HEARD, lambda x: penalized(decided_by=x), "decidedBy", 100),
    (TO_PENALTY, lambda x: lambda c: c.publish_penalty(x, MAY), "outlet", 200),
    (TO_PENALTY, lambda x: lambda c: c.appeal(merits.UNIT, x, (), MAY), "grounds", 4000),
    (APPEALED, lambda x: decided(reason=x), "reason", 4000),
    (APPEALED, lambda x: decided(decided_by=x), "decidedBy", 100),
    (TO_PENALTY, lambda x: lambda c: c.execute_penalty(MAY.date(), x, MAY), "remark", 1000),
    ((*APPEALED, merits.overturned), lambda x: lambda c: c.close(x, JUNE), "remark", 1000),
]


@pytest.mark.parametrize(("history", "told", "field", "most"), LENGTHS)
def test_a_text_has_its_length(history: tuple[Command, ...], told: Told, field: str, most: int) -> None:
    require_length(history, told, field, most)
