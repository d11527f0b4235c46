"""The dispatch board through GraphQL, and its pushes, in a small town on Wednesday, 10 June 2020."""

from datetime import date

from service.api.operations import Operations
from service.api.request import Context
from service.api.schema import schema
from service.identity import Role, Viewer
from service.store.clock import SimulatedClock
from tests.service.api.carded import adopt, sweep
from tests.service.api.city import campaign, problem, unit
from tests.service.api.client import Insider
from tests.service.api.small import listing, small_town

BOARD = """query ($p: Position) { dispatchBoard(minPosition: $p, filter: {kind: [CAMPAIGN, GROUP, UNIT]}) {
    nodes { id kind code inHand dueThisWeek overdue carded urged unresolved unit { code } } } }"""


async def board(service: Insider) -> dict[str, list[int]]:
    data = await service.ask(BOARD, {"p": await service.position()})
    names = ("inHand", "dueThisWeek", "overdue", "carded", "urged", "unresolved")
    return {line["code"]: [line[n] for n in names] for line in data["dispatchBoard"]["nodes"]}


async def test_the_board_shows_what_is_due_overdue_carded_unresolved(
    service: Insider, clock: SimulatedClock
) -> None:
    await small_town(service)
    await adopt(service)
    # 10 June is a Wednesday: due this week are the tasks until Sunday, the 14th.
    for code, deadline in (("3.1", "2020-06-09"), ("3.2", "2020-06-10"), ("3.3", "2020-06-14")):
        await service.give("listTask", listing(code, deadline=deadline))
    later = listing("3.4", deadline="2020-06-15", leadUnit=unit("dept.c"), supportingUnits=[])
    await service.give("listTask", later)
    listed = {
        "code": "wt.1",
        "title": "资金缺口",
        "description": "配套资金未到位。",
        "source": "OFFICE",
        "campaign": campaign("c1"),
    }
    await service.give("listProblem", listed)
    await service.give("assignProblem", {"problem": problem("wt.1"), "unit": unit("dept.c")})
    assert await board(service) == {
        "c1": [5, 2, 1, 0, 0, 1],
        "g1": [5, 2, 1, 0, 0, 1],
        "dept.a": [4, 2, 1, 0, 0, 0],
        "dept.b": [0, 0, 0, 0, 0, 0],
        "dept.c": [1, 0, 0, 0, 0, 1],
    }
    await sweep(service, date(2020, 6, 10))
    shown = await board(service)
    assert [shown["c1"][n] for n in (3, 4)] == [5, 8]
    assert [shown["dept.a"][3], shown["dept.c"][3]] == [4, 1]


async def test_a_line_of_the_board_is_pushed_when_its_figures_change(service: Insider) -> None:
    await small_town(service)
    app = service.app
    context = Context(app, Viewer(Role.OFFICE, "office"), app.today())
    line = "line { id inHand }"
    query = f'subscription {{ dispatchChanged(of: "{unit("dept.c")}", after: 0) {{ position {line} }} }}'
    pushed = await Operations(schema).stream(query, context_value=context)
    first = await anext(pushed)
    assert first.data is not None
    assert first.data["dispatchChanged"]["line"] == {"id": unit("dept.c"), "inHand": 0}
    # Another's task changes nothing of the line: the next push is the one that its own task brings.
    await service.give("listTask", listing("4.1"))
    made = await service.give("listTask", listing("4.2", leadUnit=unit("dept.c"), supportingUnits=[]))
    then = await anext(pushed)
    await pushed.aclose()
    assert then.data is not None
    assert then.data["dispatchChanged"]["line"] == {"id": unit("dept.c"), "inHand": 1}
    assert then.data["dispatchChanged"]["position"] <= made["position"]
