"""The Trace Event Format in JSON, which ui.perfetto.dev and chrome://tracing open without a server.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU: times in microseconds; spans of one
track must nest, so that two attempts at the same time get two tracks.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from sim.report.traces.spans import RecordingTrace, Span, Track

type TraceEvent = dict[str, Any]


def perfetto_json(traces: Sequence[RecordingTrace]) -> dict[str, Any]:
    """Each recording is a process with a track for each kind of spans. Time 0 is the first event."""
    began = min((trace.spans[0].start for trace in traces), default=0.0)
    flows = count(1)
    events: list[TraceEvent] = []
    for pid, trace in enumerate(traces, 1):
        events += _of_recording(pid, trace, began, flows)
    return {"displayTimeUnit": "ms", "otherData": {"clock": "virtual time"}, "traceEvents": events}


def _of_recording(pid: int, trace: RecordingTrace, began: float, flows: Iterator[int]) -> Iterable[TraceEvent]:
    name = " ".join(filter(None, (trace.subject[:8], trace.title, f"· {trace.scenario.rpartition('::')[2]}")))
    yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
    yield {"ph": "M", "name": "process_sort_index", "pid": pid, "tid": 0, "args": {"sort_index": pid}}
    tracks = _tracks(trace.spans)
    for tid, label in sorted({(tid, label) for tid, label in tracks.values()}):
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": label}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}}
    for span in trace.spans:
        where = {"pid": pid, "tid": tracks[span.span_id][0]}
        yield _complete(trace, span, began) | where
        for moment in span.moments:
            at, args = _microseconds(moment.at - began), dict(moment.attributes)
            yield {"ph": "i", "s": "t", "name": moment.name, "cat": span.part, "ts": at, "args": args} | where
        for link in span.links:
            yield from _flow(next(flows), link, span, pid, tracks, began)


def _complete(trace: RecordingTrace, span: Span, began: float) -> TraceEvent:
    args = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent.span_id if span.parent is not None else None,
        "memory_id": trace.subject,
        "error": span.failed or None,
        **span.attributes,
    }
    start = _microseconds(span.start - began)
    return {
        "ph": "X",
        "name": span.name,
        "cat": f"{span.part},error" if span.failed else span.part,
        "ts": start,
        "dur": _microseconds(span.end - began) - start,
        "args": {name: value for name, value in args.items() if value is not None},
    }


def _flow(
    number: int, source: Span, target: Span, pid: int, tracks: dict[str, tuple[int, str]], began: float
) -> Iterable[TraceEvent]:
    """An arrow from the end of one span to the begin of the next."""
    shared = {"name": "then", "cat": "message", "id": number, "pid": pid}
    end = min(source.end, target.start)
    yield {**shared, "ph": "s", "ts": _microseconds(end - began), "tid": tracks[source.span_id][0]}
    yield {**shared, "ph": "f", "bp": "e", "ts": _microseconds(target.start - began), "tid": tracks[target.span_id][0]}


def _tracks(spans: Sequence[Span]) -> dict[str, tuple[int, str]]:
    """Span id → number and name of its track. Children are on their parent's; spans that overlap are not together."""
    found: dict[str, tuple[int, str]] = {}
    ends: dict[tuple[Track, int], float] = {}
    for span in spans:
        top = span.parent is None or span.parent.track is not span.track
        if not top and span.parent is not None:
            found[span.span_id] = found[span.parent.span_id]
            continue
        lane = next(n for n in count() if ends.get((span.track, n), span.start) <= span.start)
        ends[span.track, lane] = span.end
        label = span.track.value + (f" {lane + 1}" if lane else "")
        found[span.span_id] = ([*Track].index(span.track) * 1000 + lane + 1, label)
    return found


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
