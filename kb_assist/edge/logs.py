"""Logs as lines of text, or as one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from kb_assist.edge.tracing import request_id
from kb_assist.settings import Settings

# The WSGI server brings a handler of its own.
_LOGGERS = ("", "gunicorn.error")


class JsonLines(logging.Formatter):
    """``at``, ``level``, ``logger``, ``node``, ``message``; ``request_id`` within a request."""

    def __init__(self, node: str) -> None:
        super().__init__()
        self._node = node

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "node": self._node,
            "message": record.getMessage(),
        }
        if request_id():
            line["request_id"] = request_id()
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(settings: Settings) -> None:
    """Once at the start of a server, as the settings say."""
    root = logging.getLogger()
    root.setLevel(settings.log_level)
    if not root.handlers:
        logging.basicConfig(
            stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", level=root.level
        )
    # One line per slow moment is noise; requests are counted in /metrics.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    # Migrations that ran are said by the command.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if settings.log_format == "json":
        for name in _LOGGERS:
            for handler in logging.getLogger(name).handlers:
                handler.setFormatter(JsonLines(settings.node))
