"""The nested inputs of commands on accountability cases."""

import strawberry

from domain.assessment.grounds import GroundNamed
from service.api.scalars import Position

said = strawberry.field


@strawberry.input(description="The ground of an accountability case. 问责事由")
class GroundInput:
    code: str = said(description="Its code: see `accountabilityGrounds`.")
    reference: str = said(default="", description="The number or title of what it comes from. 来源编号")
    position: Position | None = said(
        default=None, description="The event of the log that it rests on, if its kind asks for one."
    )

    def to_domain(self) -> GroundNamed:
        return GroundNamed(self.code, self.reference, self.position)
