"""The log on a disk that leaves the building: the same files as over HTTP, and the vkey.

Files that are there from an earlier export of the same log stay; only what is new is written. The disk must
hold the beginning of this log: if its checkpoint is of another history, nothing is written. The checkpoint is
written last, so that an export that broke off is an older, whole one.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

from service import Failure
from service.log import stored
from service.log.files import read_if_there, write_durably
from service.log.proving import consistency
from service.log.signer import Inconsistent
from service.log.stored import Reads
from service.tlog.checkpoint import Checkpoint, parse_checkpoint
from service.tlog.note import BadNote, PublicKey
from service.tlog.tiles import Tile, bundles_between, tiles_between

Progress = Callable[[int, int], object]


async def export(
    database: Reads, checkpoint: Checkpoint, keys: list[PublicKey], directory: Path, progress: Progress
) -> int:
    """Write the checkpoint's tree, and the keys as `vkey`; how many files were written. Raises Failure where
    the directory holds another log, and Inconsistent where the database does not hold this one."""
    await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    old = await _known(database, checkpoint, directory)
    tiles = [*tiles_between(old, checkpoint.size), *bundles_between(old, checkpoint.size)]
    for done, tile in enumerate(tiles):
        progress(done, len(tiles))
        content = await stored.tile(database, tile)
        if content is None:
            wrong = await stored.first_wrong(database, checkpoint.size) or tile.positions[0]
            raise Inconsistent(
                f"{tile.path} cannot be made: the event at position {wrong} is not there", wrong
            )
        _write(directory, tile, content)
    _seal(directory, checkpoint, keys)
    progress(len(tiles), len(tiles))
    return len(tiles) + 2


async def _known(database: Reads, checkpoint: Checkpoint, directory: Path) -> int:
    """How many events the directory holds already."""
    content = read_if_there(directory / "checkpoint")
    if content is None:
        return 0
    try:
        before = parse_checkpoint(content).tree
    except BadNote as error:
        raise Failure(f"{directory / 'checkpoint'} is no checkpoint: {error}") from None
    if before.origin != checkpoint.tree.origin:
        raise Failure(f"{directory} holds the log {before.origin}, not {checkpoint.tree.origin}")
    if before.size > checkpoint.size:
        raise Inconsistent(
            f"{directory} holds {before.size} events, and this log is signed up to {checkpoint.size}: it "
            "was put back to an earlier state",
            checkpoint.size + 1,
        )
    root, _ = await consistency(database, before.size, checkpoint)
    if root != before.root:
        raise Inconsistent(
            f"the first {before.size} events are not those in {directory}: history was rewritten"
        )
    return before.size


def _write(directory: Path, tile: Tile, content: bytes) -> None:
    path = directory / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if tile.is_full:
        # What was partial before is in it.
        rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)


def _seal(directory: Path, checkpoint: Checkpoint, keys: list[PublicKey]) -> None:
    (directory / "vkey").write_text("".join(f"{key.vkey}\n" for key in keys))
    write_durably(directory / "checkpoint", checkpoint.encode())
    (directory / "checkpoint").chmod(0o644)
