"""The verifiable draw (可验证抽签): RFC 3797, exactly, so that any implementation can repeat it.

Rules: what is drawn from is a fixed list, published before the sources are known. A source is one or more
whole numbers that nobody can foresee (a lottery's figures, dice, a secret the service was bound to
beforehand). The key string holds each source's numbers in ascending order, each followed by ".", and after
each source "/" (section 4.1). Step i hashes MD5(i ‖ key ‖ i), i being two bytes, takes it modulo the number
of entries left, and strikes that entry from the list (section 4.2).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

MOST_ENTRIES = 0xFFFF

Numbers = Sequence[int]


@dataclass(frozen=True)
class DrawStep:
    """One selection. `place` counts the drawn entry from 1 in the published list; `left` is how many entries
    were still in it; `digest` is in hex."""

    index: int
    digest: str
    left: int
    place: int


def key_string(sources: Sequence[Numbers]) -> str:
    """The key that all selections hash: `9319./2.5.8.10.12./9.18.26.34.41.45./`."""
    return "".join("".join(f"{number}." for number in sorted(source)) + "/" for source in sources)


def select(key: str, entries: int, wanted: int) -> tuple[DrawStep, ...]:
    """Draw `wanted` of the entries 1 to `entries`; each step says what led to it."""
    if not 0 <= wanted <= entries <= MOST_ENTRIES:
        raise ValueError(f"{wanted} cannot be drawn from {entries}")
    left = list(range(1, entries + 1))
    steps = []
    for index in range(wanted):
        stamp = index.to_bytes(2, "big")
        digest = hashlib.md5(stamp + key.encode("ascii") + stamp, usedforsecurity=False).digest()
        place = left.pop(int.from_bytes(digest, "big") % len(left))
        steps.append(DrawStep(index, digest.hex(), len(left) + 1, place))
    return tuple(steps)
