"""The service's log: one line a record on standard error, JSON or plain. No question, key, cookie or query is in it."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from ui.caller import caller

OURS = ("ui", "evals", "ingest", "qa")


def configure(level: str, form: str) -> None:
    """Of the whole process. Others' libraries say what went wrong and no more: some log addresses with their query."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    wanted = logging.getLevelName(level.upper())
    logging.basicConfig(handlers=[handler], level=max(wanted, logging.WARNING), force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(wanted)


class JsonLines(logging.Formatter):
    """One JSON object a record. What a record has in `fields` stands beside time, level and message."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if caller().request_id:
            line["request_id"] = caller().request_id
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


class PlainLines(logging.Formatter):
    """The same for people's eyes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{name}={value}" for name, value in getattr(record, "fields", {}).items())
        head, *rest = super().format(record).split("\n")
        return "\n".join([f"{head} {fields}".rstrip(), *rest])
