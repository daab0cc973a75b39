"""Log lines as JSON: an event name, the bound fields, and the event's own. Never a secret, a token or a transcript.

One line per record on standard output, which Lambda, App Runner and ECS send to CloudWatch Logs.
"""

import json
import logging
import sys
import threading
import traceback
import warnings
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from rawk.domain.errors import RawkError

_bound: ContextVar[dict[str, object]] = ContextVar("rawk_log_fields")


OURS = ("rawk", "uvicorn")

_hidden: set[str] = set()
SHORTEST_SECRET = 6
"""A shorter value would hide parts of ordinary words."""


def hide(secret: str) -> None:
    """From now on no line shows this value, of a library neither."""
    if len(secret) >= SHORTEST_SECRET:
        _hidden.update({secret, json.dumps(secret)[1:-1]})


def _without_secrets(line: str) -> str:
    for secret in _hidden:
        if secret in line:
            line = line.replace(secret, "(hidden)")
    return line


class _JsonLines(logging.Formatter):
    def __init__(self, service: str | None) -> None:
        """`service`: which part of the pipeline writes: `api`, `worker`, `relay`."""
        super().__init__()
        self._service = {} if service is None else {"service": service}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            **self._service,
            **_event(record),
            **_bound.get({}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = type(record.exc_info[1]).__name__
            line["stack"] = _stack(record.exc_info[1])
        return _without_secrets(json.dumps(line, default=str))


def _event(record: logging.LogRecord) -> dict[str, object]:
    """Of a library's line only who wrote it, and its text before values are put in: they may be people's words."""
    if record.name.partition(".")[0] in OURS:
        return {"event": record.getMessage()}
    where = f"{record.pathname}:{record.lineno}"
    event: dict[str, object] = {"event": "library", "logger": record.name, "where": where}
    return event | {"text": record.msg} if record.args else event


def _stack(error: BaseException) -> list[str]:
    """Frames and types, causes first. Only our own errors' texts: others may contain a transcript or parts of a key."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    text = f": {error}" if isinstance(error, RawkError) else ""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return [*(_stack(earlier) if earlier else []), *frames, type(error).__name__ + text]


class EventLog:
    """`log.info("job_done", attempts=2)`: the event's name, then its fields."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def debug(self, event: str, **fields: object) -> None:
        self._logger.debug(event, extra={"fields": fields})

    def info(self, event: str, **fields: object) -> None:
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, **fields: object) -> None:
        self._logger.error(event, extra={"fields": fields})

    def exception(self, event: str, **fields: object) -> None:
        """An error with the stack of the current exception, for bugs."""
        self._logger.error(event, exc_info=True, extra={"fields": fields})


log = EventLog(logging.getLogger("rawk"))


class bound:  # noqa: N801 - callers use it like a function
    """Add the fields (correlation id, memory id, …) to every line that is logged inside."""

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: object) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token = _bound.set({**_bound.get({}), **self._fields})

    def __exit__(self, *_: object) -> None:
        _bound.reset(self._token)


LIBRARIES = (
    *("alembic", "boto3", "botocore", "httpcore", "httpcore2", "httpx", "httpx2", "openai", "redis", "s3transfer"),
    *("sqlalchemy", "urllib3"),
)
"""At DEBUG these log whole requests and answers, with headers and bodies; at INFO, URLs and statements."""


def write_json_lines(level: str, service: str | None = None) -> None:
    """Send the product's log to standard output; called by the composition root, never at import.

    Libraries log warnings at least, whatever the level, and whatever `AWS_LAMBDA_LOG_LEVEL` or `OPENAI_LOG` say: their
    other lines may contain people's words, keys and signed requests. The OpenAI SDK reads its variable when it is
    imported, so import it before.
    """
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    logger = logging.getLogger("rawk")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines(service))
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level.upper())
    _write_libraries_lines(service)
    warnings.showwarning = _log_warning


class _LibrariesHandler(logging.StreamHandler[TextIO]):
    """The root logger's handler. A class of its own, so that a second call replaces the first one's."""


def _write_libraries_lines(service: str | None) -> None:
    """In place of handlers that write text to the same output, as that of Lambda's runtime does."""
    root = logging.getLogger()
    handler = _LibrariesHandler(sys.stdout)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_JsonLines(service))
    root.handlers = [*(each for each in root.handlers if not _writes_text(each)), handler]


def _writes_text(handler: logging.Handler) -> bool:
    if isinstance(handler, _LibrariesHandler) or type(handler).__module__.startswith("awslambdaric"):
        return True
    return type(handler) is logging.StreamHandler and handler.stream in (sys.stdout, sys.stderr)


def log_crashes() -> None:
    """An error that nothing handles, in any thread, is a line, too; for an entry point that owns its process."""

    def crashed(error: BaseException | None) -> None:
        if error is not None:
            logging.getLogger("rawk").critical("crashed", exc_info=(type(error), error, error.__traceback__))

    sys.excepthook = lambda _, error, __: crashed(error)
    threading.excepthook = lambda arguments: crashed(arguments.exc_value)
    sys.unraisablehook = lambda unraisable: crashed(unraisable.exc_value)


def _log_warning(
    message: Warning | str,  # noqa: ARG001
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """Where a warning of Python comes from. Never its text, which may quote people's words, as pydantic's does."""
    log.warning("python_warning", category=category.__name__, where=f"{filename}:{lineno}")
