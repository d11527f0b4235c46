"""The signer's keys: the one it signs with, and, while keys are handed over, the one before.

They come from the settings, or else from two files under the data directory, of which the first is made at
first use. A key is handed over by a checkpoint that carries both signatures: whoever trusts either sees the
same tree.
"""

from dataclasses import dataclass
from pathlib import Path

from service import BadInput
from service.config import Settings
from service.log.files import read_if_there, write_durably, write_first
from service.tlog.note import LOG_KEY, BadNote, PrivateKey, PublicKey, parse_vkeys, require_name


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """`old` is None where no key is being handed over."""

    current: PrivateKey
    old: PrivateKey | None = None

    @property
    def public(self) -> tuple[PublicKey, ...]:
        """Those whose checkpoints this signer goes on from."""
        return tuple(key.public for key in (self.current, self.old) if key is not None)


def key_file(data: Path) -> Path:
    return data / "log" / "key"


def old_key_file(data: Path) -> Path:
    return data / "log" / "key.old"


def memory_file(data: Path) -> Path:
    """Where the signer keeps the last checkpoint that it signed."""
    return data / "log" / "signed"


def signing_keys(settings: Settings) -> SigningKeys:
    """The keys of this signer; BadInput if they are none, or not of this log."""
    require_origin(settings.log_origin)
    if settings.log_key:
        current, old = settings.log_key, settings.log_old_key
    else:
        path = key_file(settings.data)
        if not path.exists():
            made = PrivateKey.generate(settings.log_origin, LOG_KEY)
            write_first(path, f"{made.encode()}\n".encode())
        current = path.read_text()
        old = (read_if_there(old_key_file(settings.data)) or b"").decode() or settings.log_old_key
    keys = SigningKeys(_parsed(current), _parsed(old) if old else None)
    for key in keys.public:
        if key.name != settings.log_origin:
            raise BadInput(
                f"the log's key is of {key.name}, and DUBAN_LOG_ORIGIN says {settings.log_origin}: "
                "one of them is another log's"
            )
    return keys


def rotate(settings: Settings) -> SigningKeys:
    """Make a new key and keep the present one as the old; the next checkpoint carries both signatures."""
    if settings.log_key:
        raise BadInput(
            "the key comes from DUBAN_LOG_KEY: set that to the new one, DUBAN_LOG_OLD_KEY to the present"
        )
    keys = signing_keys(settings)
    write_durably(old_key_file(settings.data), f"{keys.current.encode()}\n".encode())
    made = PrivateKey.generate(settings.log_origin, LOG_KEY)
    write_durably(key_file(settings.data), f"{made.encode()}\n".encode())
    return SigningKeys(made, keys.current)


def require_origin(origin: str) -> None:
    """An origin is the name of a key as well."""
    try:
        require_name(origin)
    except BadNote as error:
        raise BadInput(f"DUBAN_LOG_ORIGIN: {error}") from None


def read_vkeys(words: list[str], kind: int) -> tuple[PublicKey, ...]:
    """Public keys as a person gives them: each a vkey, or a file of vkeys."""
    keys: list[PublicKey] = []
    for word in words:
        path = Path(word)
        try:
            is_file = path.is_file()
            keys += parse_vkeys(path.read_text() if is_file else word, (kind,))
        except BadNote as error:
            said = str(error) if is_file or "+" in word else "neither a vkey (name+id+key) nor a file of them"
            raise BadInput(f"{word[:80]}: {said}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{word[:80]} cannot be read: {error}") from None
    return tuple(keys)


def _parsed(text: str) -> PrivateKey:
    try:
        return PrivateKey.parse(text, LOG_KEY)
    except BadNote as error:
        raise BadInput(f"the log's key: {error}") from None
