"""A task's figures told in sentences, each with the numbers it came from."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from domain.indicator import completion, overall
from domain.schedule import days_overdue, deviation, expected
from domain.task import Task
from service.api.plan.convert import task_key
from service.api.request import Info
from service.identity import Role


@strawberry.type(description="How one indicator's completion came about.")
class IndicatorExplanation:
    code: str = strawberry.field(description="The indicator's code.")
    name: str = strawberry.field(description="Its name.")
    completion: Decimal | None = strawberry.field(description="Completion, 0 to 1; null if unknown.")
    zh: str = strawberry.field(description="The sentence, in Chinese.")
    en: str = strawberry.field(description="The sentence, in English.")


@strawberry.type(description="How a task's figures came about at a date.")
class Explanation:
    on: date = strawberry.field(description="The date.")
    completion: Decimal | None = strawberry.field(description="Weighted mean of the indicators. 完成率")
    expected: Decimal = strawberry.field(description="Expected completion. 应完成率")
    deviation: Decimal | None = strawberry.field(description="Completion less expected. 进度偏差")
    days_overdue: int = strawberry.field(description="Days past the deadline. 逾期天数")
    zh: str = strawberry.field(description="Why this much was expected, in Chinese.")
    en: str = strawberry.field(description="Why this much was expected, in English.")
    indicators: list[IndicatorExplanation] = strawberry.field(description="One by one.")


async def explain_progress(
    info: Info,
    task: Annotated[strawberry.ID, strawberry.argument(description="The task's id.")],
    on: Annotated[
        date | None, strawberry.argument(description="As of the end of this date; now if left out.")
    ] = None,
) -> Explanation | None:
    key = UUID(task_key(task))
    streams, today = info.context.app.streams, info.context.today
    found = await streams.find(Task, key)
    if found is not None and on is not None and on < today:
        # The figures of that day, not that day's expectation beside today's figures.
        found = await streams.as_of(Task, key, on)
    # As in an earlier ledger, the public sees what was published then.
    if found is None or (info.context.viewer.role is Role.PUBLIC and not found.published):
        return None
    return explained(found, on or today)


def explained(task: Task, on: date) -> Explanation:
    values = task.latest_values()
    indicators = [(i, completion(i, values.get(i.code))) for i in task.indicators]
    share = overall(task.indicators, [e.figure for _, e in indicators])
    due = expected(task.start, task.deadline, task.milestones, on)
    assert due.figure is not None
    return Explanation(
        on=on,
        completion=share,
        expected=due.figure,
        deviation=deviation(share, due.figure),
        days_overdue=days_overdue(task.deadline, task.delivered_on, on),
        zh=due.zh,
        en=due.en,
        indicators=[
            IndicatorExplanation(code=i.code, name=i.name, completion=e.figure, zh=e.zh, en=e.en)
            for i, e in indicators
        ],
    )
