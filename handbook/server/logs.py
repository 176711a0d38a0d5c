"""Log lines as JSON on standard error: routes, statuses and code, never people, addresses or texts."""

import logging
import sys
import traceback
from datetime import UTC, datetime

import msgspec

LOGGER = logging.getLogger("handbook.server")


class JsonLines(logging.Formatter):
    """One JSON object a line. `facts` of the record are added as they are.

    Of an exception only its type and the places it passed are written: its message may quote a text.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= exception_facts(record.exc_info[1])
        return msgspec.json.encode(line).decode()


def exception_facts(error: BaseException) -> dict[str, object]:
    """The type of an exception and its path through the code, without its message."""
    places = traceback.extract_tb(error.__traceback__)
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "places": [f"{place.filename}:{place.lineno} {place.name}" for place in places],
    }


def log_to_standard_error() -> None:
    """Sends the server's and uvicorn's lines to standard error and nowhere else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name, level in (("handbook", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
