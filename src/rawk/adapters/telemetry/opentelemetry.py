"""`ports.Telemetry` by OpenTelemetry's SDK, which sends OTLP in JSON over HTTP.

The SDK is imported when this is built, which happens only where an endpoint is configured. It reads the rest of its
settings from `OTEL_…` variables: sampler, headers, resource attributes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rawk.domain.errors import RawkError
from rawk.domain.messages import valid_traceparent
from rawk.ports import OpenSpan, SpanKind
from rawk.trace_context import current_traceparent, within

EXPORT_SECONDS = 1.0
"""An invocation waits for it: a collector that is down must not delay jobs for long."""

FLUSH_MILLISECONDS = 2000


class OpenTelemetry:
    def __init__(self, service: str, endpoint: str, exporter: Any = None) -> None:
        """`exporter`: for tests; otherwise spans go to `/v1/traces` of the endpoint. Raises ImportError."""
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._api = trace
        if exporter is None:
            from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        resource = Resource.create({"service.name": f"rawk-{service}", "service.namespace": "rawk"})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("rawk")

    @contextmanager
    def span(
        self, name: str, kind: SpanKind, parent: str | None = None, **attributes: str | int | float | bool
    ) -> Iterator[OpenSpan]:
        """A job's span is in the trace of its producer, and linked to it: a redriven message continues the trace."""
        producer = self._context_of(parent or current_traceparent())
        context, links = None, None
        if producer is not None:
            context = self._api.set_span_in_context(self._api.NonRecordingSpan(producer))
            links = [self._api.Link(producer)] if kind is SpanKind.CONSUMER else None
        span = self._tracer.start_span(name, context, self._api.SpanKind[kind.name], attributes, links)
        opened = _OpenSpan(span, self._api.StatusCode.ERROR)
        try:
            with within(_traceparent_of(span)):
                yield opened
        except BaseException as error:
            # Not a foreign error's text, which may contain a transcript or a part of a key.
            opened.fail(str(error) if isinstance(error, RawkError) else type(error).__name__)
            opened.set("error.type", type(error).__name__)
            raise
        finally:
            span.end()

    def flush(self) -> None:
        with suppress(Exception):
            self._provider.force_flush(FLUSH_MILLISECONDS)

    def close(self) -> None:
        """Send what is left, and end the thread."""
        self.flush()
        with suppress(Exception):
            self._provider.shutdown()

    def _context_of(self, traceparent: str | None) -> Any:
        valid = valid_traceparent(traceparent)
        if valid is None:
            return None
        _, trace_id, span_id, flags = valid.split("-")
        sampled = self._api.TraceFlags(int(flags, 16))
        return self._api.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=sampled)


class _OpenSpan:
    def __init__(self, span: Any, error: Any) -> None:
        self._span = span
        self._error = error

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def set(self, name: str, value: str | int | float | bool) -> None:
        self._span.set_attribute(name, value)

    def fail(self, why: str) -> None:
        self._span.set_status(self._error, why)


def _traceparent_of(span: Any) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
