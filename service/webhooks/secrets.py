"""The secrets that messages are signed with: derived, so that no event and no table holds one."""

import base64
import hashlib
import hmac
import os
from pathlib import Path
from secrets import token_urlsafe
from uuid import UUID


class Secrets:
    """Derives the secret of a webhook from the service's key, the webhook's id and the secret's number."""

    def __init__(self, key: str):
        self._key = key.encode()

    def of(self, webhook: UUID, number: int) -> str:
        """As the specification writes it: `whsec_` and 32 bytes in base64."""
        derived = hmac.digest(
            self._key, b"duban-webhook/v1" + webhook.bytes + number.to_bytes(4), hashlib.sha256
        )
        return "whsec_" + base64.b64encode(derived).decode()


def secrets_of(key: str | None, directory: Path) -> Secrets:
    """The secrets by the key, or by the service's own in its data directory."""
    return Secrets(key or _own_key(directory))


def _own_key(directory: Path) -> str:
    """The service's own key, made at first use; only its owner can read the file."""
    path = directory / "webhook.key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(token_urlsafe(48))
        try:
            # Linking fails if another process was first; its key is then ours as well.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
