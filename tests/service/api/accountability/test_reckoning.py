"""The standing in SQL, at any position, against plain Python over the raw events; in one statement."""

from random import Random
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from eventsourcing.persistence import StoredEvent

from projections.projection import topic_of
from service.store.clock import SimulatedClock
from service.store.codec import encode
from service.store.recorder import Origin
from tests.projections.assessment.reckonings import OFFICIALS, UNITS, Reckoning, reckoned
from tests.service.api.accountability.merit_town import case, commend, found, penalize
from tests.service.api.city import official, unit
from tests.service.api.client import Insider

STANDING = "standing merits demerits date"
SUBJECTS = {**{f"unit:{id}": id for id in UNITS}, **{f"official:{id}": id for id in OFFICIALS}}


@pytest.mark.parametrize("seed", [3, 14, 15])
async def test_the_standing_is_what_the_rules_say(service: Insider, clock: SimulatedClock, seed: int) -> None:
    life = Reckoning(seed).live(150)
    for event in life.events:
        clock.moment = event.timestamp
        stored = StoredEvent(
            event.originator_id, event.originator_version, topic_of(type(event)), encode(event)
        )
        await service.app.recorder.insert_events([stored], origin=Origin("test", uuid4(), None))
    chance = Random(seed)
    end = len(life.events)
    for position in (end, *(chance.randint(1, end) for _ in range(20))):
        fields = " ".join(
            f'n{n}: accountability(asOf: {{ position: {position} }}, filter: {{ {id.partition(":")[0]}: "{id}" }})'
            f" {{ {STANDING} }}"
            for n, id in enumerate(SUBJECTS)
        )
        told = await service.ask(f"{{ {fields} }}")
        day = life.events[position - 1].timestamp.astimezone(ZoneInfo("Asia/Shanghai")).date()
        for answer, subject in zip(told.values(), SUBJECTS.values(), strict=True):
            expected = reckoned(life.events[:position], subject, day)
            assert answer["date"] == str(day)
            found_ = tuple(map(float, (answer["standing"], answer["merits"], answer["demerits"])))
            assert found_ == tuple(map(float, (expected.standing, expected.merits, expected.demerits)))


async def test_histories_are_one_statement(service: Insider, monkeypatch: pytest.MonkeyPatch) -> None:
    await found(service)
    await commend(service, "m1", "dept.a")
    await penalize(service, "c1", "o1", "talk")
    statements: list[str] = []
    database: Any = service.app.reads.database
    fetchval = database.fetchval

    async def counted(sql: str, *arguments: Any) -> Any:
        statements.append(sql)
        return await fetchval(sql, *arguments)

    entry = "nodes { position kind points inForce unit { code } official { posts { unit { code } } } }"
    whole = f"date standing merits demerits totalCount {entry} pageInfo {{ endCursor }}"
    query = f"""query ($p: Position) {{
      unit(id: "{unit("dept.a")}", minPosition: $p) {{ accountability(asOf: {{ date: "2020-06-10" }}) {{ {whole} }} }}
      official(id: "{official("o1")}") {{ accountability {{ {whole} }} }}
      accountabilityCase(id: "{case("c1")}") {{ entries {{ kind }} penalty {{ points }} }}
      heldToAccount {{ {whole} }}
      priorityList {{ edition nodes {{ standing grounds {{ points }} unit {{ accountability {{ standing }} }} }} }}
    }}"""
    position = await service.position()
    monkeypatch.setattr(database, "fetchval", counted)
    told = await service.ask(query, {"p": position})
    assert len(statements) == 1
    assert told["unit"]["accountability"]["standing"] == "1.5"
    assert told["official"]["accountability"]["standing"] == "-1"
    assert told["priorityList"]["nodes"][0]["unit"]["accountability"]["standing"] == "1.5"
