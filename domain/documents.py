"""What a fact rests on: the document that authorises it, the evidence that shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from domain.refusal import require, require_day, require_line, require_optional_line

MOST_EVIDENCE = 20

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Document:
    """An authorising document (依据文件): its number (文号), its title, and the day it was issued."""

    number: str
    title: str
    issued_on: date


@dataclass(frozen=True)
class Evidence:
    """Evidence kept elsewhere (佐证材料): where it is, what it is, and the SHA-256 of its bytes in hex.

    The digest fixes the content: a file changed after the report is seen by anyone who hashes it again.
    """

    url: str
    sha256: str
    title: str = ""


def require_document(document: Document, on: date, field: str = "document") -> Document:
    """The document as it is recorded: with a number and a title, issued no later than the command's date."""
    require_day(document.issued_on, f"{field}.issuedOn")
    require(
        document.issued_on <= on,
        "document.issued_in_future",
        field=f"{field}.issuedOn",
        issued_on=document.issued_on,
        today=on,
    )
    return replace(
        document,
        number=require_line(document.number, f"{field}.number", most=100),
        title=require_line(document.title, f"{field}.title", most=200),
    )


def require_evidence(evidence: Sequence[Evidence], field: str = "evidence") -> tuple[Evidence, ...]:
    """The evidence as it is recorded: at most 20 pieces, each a web address with the SHA-256 of the file."""
    require(len(evidence) <= MOST_EVIDENCE, "evidence.too_many", field=field, most=MOST_EVIDENCE)
    return tuple(_require_piece(piece, f"{field}.{i}") for i, piece in enumerate(evidence))


def _require_piece(piece: Evidence, field: str) -> Evidence:
    require(is_web_address(piece.url), "evidence.malformed_url", field=f"{field}.url")
    digest_sound = _SHA256.fullmatch(piece.sha256) is not None
    require(digest_sound, "evidence.malformed_digest", field=f"{field}.sha256")
    return replace(piece, title=require_optional_line(piece.title, f"{field}.title", most=200))


def is_web_address(url: str) -> bool:
    """Whether it is an http or https address of at most 2,000 characters, without a name or password."""
    # A backslash is a slash to browsers and a letter to parsers: they would disagree about the host.
    if len(url) > 2000 or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        # Raises for a port that is none.
        port = parts.port
    except ValueError:
        return False
    # A name and password would be recorded for good.
    open_to_all = parts.username is None and parts.password is None
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and open_to_all
