"""OTLP in JSON, one `ExportTraceServiceRequest`: what `/v1/traces` of any OpenTelemetry collector, or Jaeger's, takes.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, 64-bit integers as text, enums as numbers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.report.traces.spans import RecordingTrace, Span

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = 1, 2, 3, 4, 5
"""`Span.SpanKind` of opentelemetry-proto's `trace.proto`."""

ERROR = 2
"""`Status.StatusCode`."""


def otlp_json(traces: Sequence[RecordingTrace]) -> dict[str, Any]:
    """One resource for each part of the pipeline."""
    by_part: dict[str, list[dict[str, Any]]] = {}
    for trace in traces:
        for span in trace.spans:
            by_part.setdefault(span.part, []).append(_span(trace, span))
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": part, "service.namespace": "rawk"})},
                "scopeSpans": [{"scope": {"name": "sim.report.traces"}, "spans": spans}],
            }
            for part, spans in by_part.items()
        ]
    }


def _span(trace: RecordingTrace, span: Span) -> dict[str, Any]:
    about = {"memory_id": trace.subject, "scenario": trace.scenario, **span.attributes}
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent.span_id} if span.parent is not None else {}),
        "name": span.name,
        "kind": _kind(span),
        "startTimeUnixNano": _nanoseconds(span.start),
        "endTimeUnixNano": _nanoseconds(span.end),
        "attributes": _attributes(about),
        "events": [
            {"timeUnixNano": _nanoseconds(each.at), "name": each.name, "attributes": _attributes(each.attributes)}
            for each in span.moments
        ],
        "links": [{"traceId": each.trace_id, "spanId": each.span_id} for each in span.links],
        "status": {"code": ERROR, "message": span.failed} if span.failed else {},
    }


def _kind(span: Span) -> int:
    if span.name.startswith("attempt "):
        return CONSUMER
    if span.name == "waiting":
        return PRODUCER
    return {"api": SERVER, "openai": CLIENT}.get(span.part, INTERNAL)


def _nanoseconds(seconds: float) -> str:
    """In whole microseconds: a float has no more of a time since 1970."""
    return str(round(seconds * 1_000_000) * 1000)


def _attributes(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in about.items() if value is not None]


def _value(value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}
