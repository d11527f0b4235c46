"""What a fact rests on: the document that authorises it, the evidence that shows it."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from domain.refusal import require, require_text

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
    """A document with a number and a title, issued no later than the command's date."""
    require_text(document.number, f"{field}.number", most=100)
    require_text(document.title, f"{field}.title", most=200)
    require(
        document.issued_on <= on,
        "document.issued_in_future",
        f"The document is dated {document.issued_on}, after today ({on}).",
        f"文件日期 {document.issued_on} 晚于今日({on})。",
        field=f"{field}.issuedOn",
    )
    return document


def require_evidence(evidence: tuple[Evidence, ...], field: str = "evidence") -> None:
    """At most 20 pieces, each an http(s) address with a SHA-256 in lower-case hex."""
    require(
        len(evidence) <= 20,
        "evidence.too_many",
        "At most 20 pieces of evidence go with a report.",
        "每份报告最多附 20 件佐证材料。",
        field=field,
    )
    for i, piece in enumerate(evidence):
        require(
            _is_web_address(piece.url),
            "evidence.malformed_url",
            "Evidence needs an http or https address of at most 2,000 characters.",
            "佐证材料须给出不超过 2000 字符的 http 或 https 地址。",
            field=f"{field}.{i}.url",
        )
        require(
            _SHA256.fullmatch(piece.sha256) is not None,
            "evidence.malformed_digest",
            "Evidence needs the SHA-256 of the file: 64 hexadecimal digits in lower case.",
            "佐证材料须附文件的 SHA-256 值(64 位小写十六进制)。",
            field=f"{field}.{i}.sha256",
        )
        if piece.title:
            require_text(piece.title, f"{field}.{i}.title", most=200)


def _is_web_address(url: str) -> bool:
    if len(url) > 2000 or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
