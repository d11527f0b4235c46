"""The settings of the service: every environment variable it reads, in one table.

Each variable may come as NAME or, for secrets that are handed over as files, as NAME_FILE. An empty value
is the same as none. A DUBAN_ variable that the table does not know is refused: a misspelt setting that is
silently ignored is found out too late.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from service import BadInput

LOG_LEVELS = ("debug", "info", "warning", "error")
LOOPBACK = ("127.0.0.1", "::1", "localhost")

_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(:[0-9]{0,5})?")


class SettingsError(BadInput):
    """A setting that cannot be used; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service was told by its environment, checked and typed. Same order as `VARIABLES`."""

    database_url: str | None = field(repr=False)  # may hold a password
    data: Path
    host: str
    port: int
    jwks: str | None
    issuer: str
    audience: str
    time_zone: ZoneInfo
    demonstration_date: date | None
    pool_size: int
    log_level: str
    webhook_key: str | None = field(repr=False)
    webhook_private_targets: bool
    # The database's own guard.
    owner_url: str | None = field(repr=False)  # may hold a password
    role_prefix: str
    signer_url: str | None = field(repr=False)  # may hold a password
    # The tamper-evident log.
    log_origin: str
    log_key: str | None = field(repr=False)
    log_old_key: str | None = field(repr=False)
    log_signs: bool
    log_entries_public: bool
    log_witnesses: tuple[tuple[str, str], ...]
    # meetings and ratings
    inspectorate_url: str | None
    inspectorate_token: str | None = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read every variable; raise `SettingsError` on the first that is unknown or cannot be used."""
        _refuse_unknown(environment)
        return cls(**{v.attribute: _read(v, environment) for v in VARIABLES})


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: the setting it fills, how it is read, and what a person should know of it."""

    name: str
    attribute: str
    default: str
    read: Callable[[str], Any]
    meaning: str


def _database_url(text: str) -> str | None:
    if not text:
        return None
    url = urlsplit(text)
    _require(url.scheme in ("postgresql", "postgres"), "must begin with postgresql://")
    # A password with one of these characters as it is would be taken apart, and a part of it shown as a port.
    hosts = all(_HOST.fullmatch(host) for host in url.netloc.rpartition("@")[2].split(","))
    options = not url.query or all("=" in option for option in url.query.split("&"))
    whole = hosts and options and "@" not in url.path and "#" not in text
    _require(whole, "cannot be read: in a password write / as %2F, ? as %3F, # as %23, @ as %40, % as %25")
    return text


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        plain = text.isascii() and text.isdigit()
        _require(plain and least <= int(text) <= most, f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _jwks(text: str) -> str | None:
    if not text:
        return None
    if "://" not in text:
        _require(Path(text).is_file(), f"names the file {text!r}, which is not there")
        return text
    url = urlsplit(text)
    # Whoever can change this answer on its way can sign tokens for every role.
    safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    _require(safe, "must be a file, an https:// address, or an http:// address of this machine")
    return text


def _inspectorate(text: str) -> str | None:
    if not text:
        return None
    url = urlsplit(text)
    safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
    _require(safe, "must be an https:// address, or an http:// address of this machine")
    return text


def _time_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError) as error:  # no such zone, a directory of zones, not a name at all
        raise ValueError(f"{text!r} is not a time zone, such as Asia/Shanghai") from error


def _role_prefix(text: str) -> str:
    _require(re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text) is not None, "must be 1-40 of a-z, 0-9 and _")
    return text


def _date(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date, such as 2020-09-30") from error
    _require(1900 <= day.year <= 2199, "must lie in the years 1900 to 2199")
    return day


def _log_level(text: str) -> str:
    level = text.lower()
    _require(level in LOG_LEVELS, f"must be one of {', '.join(LOG_LEVELS)}")
    return level


def _webhook_key(text: str) -> str | None:
    _require(not text or len(text) >= 32, "must have at least 32 characters")
    return text or None


def _yes_or_no(text: str) -> bool:
    _require(text.lower() in ("yes", "no"), "must be yes or no")
    return text.lower() == "yes"


def _witnesses(text: str) -> tuple[tuple[str, str], ...]:
    words = text.split()
    pairs = tuple(zip(words[::2], words[1::2], strict=False))
    whole = len(words) % 2 == 0 and all(urlsplit(url).scheme in ("http", "https") for url, _ in pairs)
    _require(whole, "must be the http(s):// address and the vkey of each witness, separated by blanks")
    return pairs


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise ValueError(reason)


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "DATABASE_URL",
        "database_url",
        "",
        _database_url,
        "PostgreSQL 15 or newer, as postgresql://user:password@host/database. Empty: the embedded one.",
    ),
    Variable(
        "DUBAN_DATA",
        "data",
        ".duban",
        _path,
        "Directory of the embedded database and of the service's own key.",
    ),
    Variable("DUBAN_HOST", "host", "127.0.0.1", str, "Address to listen on."),
    Variable("PORT", "port", "8000", _whole_number(0, 65535), "Port to listen on; 0 takes any free one."),
    Variable(
        "DUBAN_JWKS",
        "jwks",
        "",
        _jwks,
        "Keys that bearer tokens are checked with: a JWKS file or its https:// address. Empty: a key of the "
        "service's own in DUBAN_DATA, which `duban token` signs with.",
    ),
    Variable("DUBAN_ISSUER", "issuer", "duban", str, "The issuer (iss) that tokens must carry."),
    Variable("DUBAN_AUDIENCE", "audience", "duban", str, "The audience (aud) that tokens must carry."),
    Variable(
        "DUBAN_TIME_ZONE",
        "time_zone",
        "Asia/Shanghai",
        _time_zone,
        "Time zone of business dates: what day it is, and when a deadline has passed.",
    ),
    Variable(
        "DUBAN_DEMONSTRATION_DATE",
        "demonstration_date",
        "",
        _date,
        "When set, the service lives on this business date. Empty: today, or the last day of the "
        "demonstration that the log begins with.",
    ),
    Variable(
        "DUBAN_POOL_SIZE",
        "pool_size",
        "8",
        _whole_number(1, 1000),
        "Database connections that answer queries, in each process.",
    ),
    Variable("DUBAN_LOG_LEVEL", "log_level", "info", _log_level, f"One of {', '.join(LOG_LEVELS)}."),
    Variable(
        "DUBAN_WEBHOOK_KEY",
        "webhook_key",
        "",
        _webhook_key,
        "Key that the secrets of webhooks are derived from, at least 32 characters; the same for all copies "
        "of the service. Empty: one of the service's own in DUBAN_DATA.",
    ),
    Variable(
        "DUBAN_WEBHOOK_PRIVATE_TARGETS",
        "webhook_private_targets",
        "no",
        _yes_or_no,
        "Whether webhooks may go to private and loopback addresses and over plain http: yes or no.",
    ),
    # The database's own guard.
    Variable(
        "DUBAN_OWNER_URL",
        "owner_url",
        "",
        _database_url,
        "The database as whoever may migrate it and make roles. `duban migrate` hands the log to its owner "
        "and makes the user of DATABASE_URL its writer. Not for the service. Empty: no roles are made.",
    ),
    Variable(
        "DUBAN_ROLE_PREFIX",
        "role_prefix",
        "duban",
        _role_prefix,
        "What the database's roles are called: this with _owner, _writer, _reader, _signer.",
    ),
    Variable(
        "DUBAN_SIGNER_URL",
        "signer_url",
        "",
        _database_url,
        "For `duban migrate` with DUBAN_OWNER_URL: the address whose user it makes the log's signer.",
    ),
    # The tamper-evident log.
    Variable(
        "DUBAN_LOG_ORIGIN",
        "log_origin",
        "duban.local/log",
        str,
        "Name of the log in its checkpoints and of its key: its address without https://. Never changes.",
    ),
    Variable(
        "DUBAN_LOG_KEY",
        "log_key",
        "",
        lambda text: text or None,
        "Private key that checkpoints are signed with (PRIVATE+KEY+…). Empty: one of the log's own in "
        "DUBAN_DATA.",
    ),
    Variable(
        "DUBAN_LOG_OLD_KEY",
        "log_old_key",
        "",
        lambda text: text or None,
        "The key before, while keys are handed over: the first checkpoint carries both signatures.",
    ),
    Variable(
        "DUBAN_LOG_SIGNS",
        "log_signs",
        "yes",
        _yes_or_no,
        "Whether `duban serve` signs checkpoints; no, where `duban log sign --follow` does it elsewhere.",
    ),
    Variable(
        "DUBAN_LOG_ENTRIES_PUBLIC",
        "log_entries_public",
        "no",
        _yes_or_no,
        "Whether the log's entries, which name actors, are read without a token. Hashes and checkpoints are.",
    ),
    Variable(
        "DUBAN_LOG_WITNESSES",
        "log_witnesses",
        "",
        _witnesses,
        "Witnesses that cosign checkpoints: the address and the vkey of each, separated by a blank.",
    ),
    # meetings and ratings
    Variable(
        "DUBAN_INSPECTORATE_URL",
        "inspectorate_url",
        "",
        _inspectorate,
        "Address of the inspectorate's issuer (`duban issuer serve`), which then certifies ballots as well. "
        "Empty: the service alone certifies.",
    ),
    Variable(
        "DUBAN_INSPECTORATE_TOKEN",
        "inspectorate_token",
        "",
        lambda text: text or None,
        "What the service and the inspectorate's issuer know each other by; the same for both.",
    ),
)


def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)


def table() -> str:
    """Every variable with its default and meaning, as a Markdown table for the documents."""
    rows = [f"| `{v.name}` | {f'`{v.default}`' if v.default else 'none'} | {v.meaning} |" for v in VARIABLES]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {name for v in VARIABLES for name in (v.name, f"{v.name}_FILE")}
    for name in sorted(environment):
        if name.startswith("DUBAN_") and name not in known:
            nearest = get_close_matches(name, known, n=1, cutoff=0.0)
            raise SettingsError(f"{name} is not a setting; the nearest is {nearest[0]}")


def _read(variable: Variable, environment: Mapping[str, str]) -> Any:
    name, text = _text(variable, environment)
    try:
        return variable.read(text or variable.default)
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from error


def _text(variable: Variable, environment: Mapping[str, str]) -> tuple[str, str]:
    """The name the value came by and the value itself, without outer blanks; a value never enters a message
    unless its reader puts it there, because some are secrets."""
    name, file_name = variable.name, f"{variable.name}_FILE"
    text, path = environment.get(name, "").strip(), environment.get(file_name, "").strip()
    if not path:
        return name, text
    if text:
        raise SettingsError(f"{name} and {file_name} are both set; give one of them")
    try:
        return file_name, Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file_name} names {path!r}, which cannot be read: {error}") from error
