"""The plan as a file, for another log to import."""

from zoneinfo import ZoneInfo

from service.plans.listing import listed_plan
from service.plans.sheet import FileKind, write_plan
from service.store.recorder import Recorder


async def export_plan(
    recorder: Recorder, zone: ZoneInfo, kind: FileKind = "yaml", *, as_listed: bool = True
) -> bytes:
    """The plan in a log as a file that another log imports. `zone` is that of its dates.

    As it was first listed, so that the same log finds nothing new in it; or, not `as_listed`, as it stands
    after all later changes. What happened to the tasks (reports, deliveries) is no part of it.
    """
    return write_plan(await listed_plan(recorder, zone, as_listed=as_listed), kind)
