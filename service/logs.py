"""Structured logs: one JSON object a line on standard error, for machines first.

Nothing here writes names of persons, tokens, or what a ballot path saw: messages carry references and counts.
"""

import logging
import sys

import orjson


class JsonLines(logging.Formatter):
    """`{"time", "level", "logger", "message"}`, and `error` with the traceback where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS, default=str).decode("utf-8", "replace")


def configure_logging(level: str) -> None:
    """Log this service's events from `level` on, and other libraries' from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("service").setLevel(level.upper())
