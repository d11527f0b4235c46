"""How often Python's cyclic garbage collector comes by."""

import gc

_ALLOCATIONS = 10_000


def load_undisturbed() -> None:
    """No collections until `collect_seldom`: nothing of what is imported is garbage, and to look for it takes
    a quarter of the time."""
    gc.disable()


def collect_seldom() -> None:
    """Leave what is loaded by now out of every collection, and collect less often.

    Code, types and the schema stay for as long as the process does. To walk through them took a tenth of the
    time of many small commands, and held everybody up for 0.2 s now and then. Call it before the work begins,
    once what it needs is imported.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
    gc.enable()
