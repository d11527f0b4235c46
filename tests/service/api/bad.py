"""How the service answers what is wrong with a request: what the tests of bad input share."""

from typing import Any

import httpx

from tests.service.api.client import OFFICE, Insider, Person

NUL, LONE = "\x00", "\\ud800"
REGISTER = (
    "mutation ($input: RegisterUnitInput!) { registerUnit(input: $input) { ... on Refused { code field } } }"
)


def codes_of(response: httpx.Response) -> list[str]:
    body = response.json()
    assert body["errors"], body
    for error in body["errors"]:
        assert isinstance(error["message"], str)
        assert error["message"]
        assert len(error["message"]) < 1_000
    return [error["extensions"]["code"] for error in body["errors"]]


async def refused(
    client: Insider, body: Any, code: str, status: int = 400, role: Person = OFFICE, **headers: str
) -> Any:
    """The errors of a request that is refused as a whole."""
    response = await client.post(body, role, **headers)
    assert response.status_code == status, response.text[:500]
    codes = codes_of(response)
    assert set(codes) == {code}, response.text[:500]
    assert "data" not in response.json()
    return response.json()["errors"]
