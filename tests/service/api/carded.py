"""Cards as the tests bring them about: a scheme adopted, a day swept."""

from datetime import date
from typing import Any

from tests.service.api.client import Insider

DOCUMENT = {"number": "潍督发〔2020〕3号", "title": "亮牌办法", "issuedOn": "2020-04-01"}


async def adopt(service: Insider, **changes: Any) -> dict[str, Any]:
    selection = "... on CardSchemePayload { scheme { id edition levels { code name points } } }"
    return await service.give("adoptCardScheme", {"document": DOCUMENT, **changes}, selection)


async def sweep(service: Insider, day: date) -> dict[str, Any]:
    selection = (
        "... on SweepPayload { sweep { on taskCount raised escalated repeated lifted interviews urged } }"
    )
    swept = (await service.give("sweepDay", {"day": str(day)}, selection))["sweep"]
    assert swept.pop("on") == str(day)
    return {name: count for name, count in swept.items() if count}
