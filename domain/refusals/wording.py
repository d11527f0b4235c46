"""What a refusal says."""

from typing import NamedTuple


class Wording(NamedTuple):
    en: str
    zh: str
    article: int | None = None
