"""What keeps the log sealed while the service runs: a checkpoint every few seconds, for the witnesses too."""

import asyncio
import logging
from collections.abc import Sequence

from service import BadInput, Failure
from service.config import Settings
from service.log.cosigning import Known, cosign
from service.log.keys import memory_file, signing_keys
from service.log.signer import INTERVAL_S, LOST, Signer
from service.store.database import Database
from service.tlog.note import BadNote

log = logging.getLogger(__name__)


def signer_of(settings: Settings, database: Database) -> Signer:
    """The signer as the settings have it."""
    return Signer(database, settings.log_origin, lambda: signing_keys(settings), memory_file(settings.data))


async def keep_sealed(
    signer: Signer, database: Database, witnesses: Sequence[Known], interval_s: float = INTERVAL_S
) -> None:
    """Seal whatever is new, and have it cosigned, for ever. Troubles are told, and tried again: a log that
    cannot be signed is read and written all the same, and whoever verifies it sees that the checkpoint stands
    still."""
    while True:
        try:
            await signer.seal(interval_s)
            await cosign(database, witnesses)
        except LOST as error:
            log.warning("no checkpoint for now: %s", error or type(error).__name__)
        except (Failure, BadInput, BadNote) as error:
            log.critical("no checkpoint is signed: %s", error)
        except Exception:  # whatever is wrong with one round, the next one is tried
            log.critical("no checkpoint is signed", exc_info=True)
        await asyncio.sleep(interval_s)
