"""Who may not: without a token asked for one (401), with one told no (403), and nothing is done on the way."""

from typing import Any

import pytest

from service.api.view import PLAIN_JSON, RESPONSE_JSON
from tests.service.api.client import INSPECTOR, LEADER, OFFICE, PUBLIC, Insider, Person

TWO = """mutation ($no: Boolean! = false) {
  first: registerUnit(input: {code: "u1", name: "甲", category: ZONE, idempotencyKey: "turned-away-1"}) { __typename }
  second: confirmErasure(input: {erasure: "erasure:00000000-0000-5000-8000-000000000000", idempotencyKey: "turned-away-2"})
    @skip(if: $no) { __typename } }"""
ASKED = [
    'mutation { registerUnit(input: {code: "u", name: "", category: ZONE, idempotencyKey: "x"}) { __typename } }',
    'mutation { ...m } fragment m on Mutation { checkInRater(input: {box: "x", rater: "y"}) { __typename } }',
    "{ erasures { totalCount } }",
    "{ viewer { role } erasures { totalCount } }",
]


@pytest.mark.parametrize("query", ASKED)
@pytest.mark.parametrize("media", [RESPONSE_JSON, PLAIN_JSON])
@pytest.mark.parametrize(("who", "status"), [(PUBLIC, 401), (LEADER, 403)], ids=["nobody", "somebody"])
async def test_who_has_no_token_is_asked_for_one(
    module_service: Insider, query: str, media: str, who: Person, status: int
) -> None:
    response = await module_service.post({"query": query}, who, accept=media)
    assert response.status_code == status
    assert response.headers.get("www-authenticate") == ("Bearer" if who is PUBLIC else None)
    answer = response.json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert "data" not in answer
    assert await module_service.position() == 0


async def test_of_several_commands_none_is_given_where_one_is_not_allowed(service: Insider) -> None:
    """Not even those before it."""
    response = await service.post({"query": TWO}, OFFICE)
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["path"] == ["second"]
    assert error["locations"] == [{"line": 3, "column": 3}]
    assert error["message"] == "OFFICE may not confirmErasure."
    assert await service.position() == 0


async def test_a_command_that_is_skipped_is_not_asked_for(service: Insider) -> None:
    answer: dict[str, Any] = await service.ask(TWO, {"no": True}, OFFICE)
    assert answer == {"first": {"__typename": "UnitPayload"}}
    assert await service.codes(TWO, {"no": True}, INSPECTOR) == ["FORBIDDEN"]
