"""The trace that this request, job or run belongs to, as text (W3C Trace Context, `traceparent`).

It travels with a recording: from the request to the outbox, to the message of the job, to each attempt of a worker.
Nothing here knows OpenTelemetry; an adapter sets it, and only while traces are on.
"""

from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("rawk_traceparent", default=None)


def current_traceparent() -> str | None:
    return _current.get()


class within:  # noqa: N801 - callers use it like a function
    """Everything inside belongs to the trace."""

    __slots__ = ("_token", "_traceparent")

    def __init__(self, traceparent: str | None) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> None:
        self._token = _current.set(self._traceparent)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
