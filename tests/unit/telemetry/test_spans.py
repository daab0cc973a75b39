"""The spans of a recording: one trace from the request through outbox and message to every attempt of a worker."""

import pytest

sdk = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="needs the extra `otel`")

from starlette.testclient import TestClient  # noqa: E402

from rawk.adapters.openai.in_memory import transcript_of  # noqa: E402
from rawk.adapters.telemetry.opentelemetry import OpenTelemetry  # noqa: E402
from rawk.adapters.telemetry.traced import traced  # noqa: E402
from rawk.api.app import create_app  # noqa: E402
from rawk.domain.errors import AITransient, DatabaseUnavailable  # noqa: E402
from rawk.domain.messages import decode  # noqa: E402
from rawk.ports import SpanKind  # noqa: E402
from rawk.trace_context import current_traceparent, within  # noqa: E402
from rawk.use_cases.dead_letters import Selection  # noqa: E402
from rawk.worker.batch import Worker  # noqa: E402
from rawk.worker.relay import Relay  # noqa: E402
from tests.unit.api.forms import wav  # noqa: E402
from tests.unit.api.world import World  # noqa: E402
from tests.unit.use_cases.pipeline import GRACE, MAX_RECEIVES, Pipeline  # noqa: E402
from tests.unit.worker.sqs_events import Context, event  # noqa: E402

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def exporter():
    return sdk.InMemorySpanExporter()


@pytest.fixture
def telemetry(exporter):
    telemetry = OpenTelemetry("test", "http://unused", exporter)
    yield telemetry
    telemetry.close()


@pytest.fixture
def finished(telemetry, exporter):
    def spans(name=""):
        telemetry.flush()
        return [span for span in exporter.get_finished_spans() if span.name.startswith(name)]

    return spans


def trace_of(span):
    return f"{span.context.trace_id:032x}"


def work(pipeline, telemetry):
    """One receive by the worker, which SQS deletes if it is done."""
    delivery = pipeline.receive()
    worker = Worker(pipeline.processing, pipeline.queue, pipeline.clock, telemetry)
    if not worker.process_batch(event(delivery), Context())["batchItemFailures"]:
        pipeline.jobs.delete(delivery.receipt_handle)


def relayed(pipeline, telemetry):
    """A recording of a request with a trace, whose job the relay has sent; gives its memory's id."""
    with within(PARENT):
        memory_id = pipeline.record(send=False)
    pipeline.clock.time += GRACE
    Relay(pipeline.recovery, telemetry).run()
    return memory_id


def test_the_trace_of_a_request_is_in_the_jobs_message(telemetry, finished):
    world = World()
    services = world.services({"key": "acme"}, telemetry=telemetry)
    answer = TestClient(create_app(services)).post(
        "/api/v1/memories", files={"audio": wav()}, headers={"X-API-Key": "key", "traceparent": PARENT}
    )

    [span] = finished("POST /api/v1/memories")
    [message] = world.jobs.messages()
    job = decode(message.body)
    assert job.traceparent == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert trace_of(span) == TRACE
    assert span.attributes["memory_id"] == answer.json()["id"] == job.memory_id
    assert span.attributes["http.response.status_code"] == 202


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"01-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"{PARENT}-x",
        PARENT.upper(),
    ],
)
def test_a_trace_of_a_client_that_is_none_is_ignored(telemetry, finished, header):
    client = TestClient(create_app(World().services({"key": "acme"}, telemetry=telemetry)))

    assert client.get("/api/v1/memories", headers={"X-API-Key": "key", "traceparent": header}).status_code == 200
    [span] = finished("GET /api/v1/memories")
    assert trace_of(span) != TRACE
    assert span.parent is None


def test_probes_have_no_span(telemetry, finished):
    client = TestClient(create_app(World().services({"key": "acme"}, telemetry=telemetry)))
    client.get("/healthz")

    assert finished() == []


def test_every_attempt_is_a_span_in_the_trace_of_the_request_linked_to_it(telemetry, finished):
    pipeline = Pipeline()
    memory_id = relayed(pipeline, telemetry)
    pipeline.transcriber.failures = [AITransient("no answer")] * 5
    for _ in range(2):
        work(pipeline, telemetry)

    first, second = finished("process job")
    assert trace_of(first) == trace_of(second) == TRACE
    assert first.context.span_id != second.context.span_id
    links = [f"{link.context.span_id:016x}" for span in (first, second) for link in span.links]
    assert links == ["b7ad6b7169203331"] * 2
    assert [span.status.description for span in (first, second)] == ["returned to the queue", None]
    assert [span.attributes["messaging.sqs.receive_count"] for span in (first, second)] == [1, 2]
    assert first.attributes["memory_id"] == memory_id


def test_the_relay_passes_on_the_trace_that_the_outbox_row_has(telemetry, finished):
    pipeline = Pipeline()
    relayed(pipeline, telemetry)

    [message] = pipeline.jobs.messages()
    assert decode(message.body).traceparent == PARENT
    [run] = finished("relay")
    assert (trace_of(run) != TRACE, run.attributes["sent"]) == (True, 1)


def test_a_dead_letter_and_its_redrive_keep_the_trace(telemetry, finished):
    pipeline = Pipeline()
    relayed(pipeline, telemetry)
    pipeline.transcriber.failures = [AITransient("no answer")] * 50
    for _ in range(MAX_RECEIVES):
        work(pipeline, telemetry)
    pipeline.drain()
    pipeline.transcriber.failures.clear()

    assert [decode(body).traceparent for body in pipeline.dead_bodies()] == [PARENT]
    assert len(list(pipeline.operations.redrive_only(Selection(), 10, None))) == 1
    work(pipeline, telemetry)

    attempts = finished("process job")
    assert len(attempts) == MAX_RECEIVES + 1
    assert {trace_of(span) for span in attempts} == {TRACE}
    assert attempts[-1].status.description is None


def test_a_call_of_a_port_is_a_child_of_what_is_going_on(telemetry, finished):
    pipeline = Pipeline()
    memories = traced(pipeline.memories, telemetry, "memories", **{"db.system.name": "postgresql"})
    with telemetry.span("outer", SpanKind.INTERNAL):
        memories.find("00000000-0000-4000-8000-000000000000")
        memories.figures()

    call, outer = finished()
    assert (call.name, call.parent.span_id, call.attributes["db.system.name"]) == (
        "memories.find",
        outer.context.span_id,
        "postgresql",
    )


def test_an_error_fails_the_span_without_a_foreign_text(telemetry, finished):
    for error in (ValueError("We meet Ada"), DatabaseUnavailable("no answer")):
        with pytest.raises(type(error)), telemetry.span("failing", SpanKind.INTERNAL):
            raise error

    foreign, ours = finished("failing")
    assert (foreign.status.description, ours.status.description) == ("ValueError", "no answer")
    assert "Ada" not in foreign.to_json()


def test_no_transcript_is_in_a_span(telemetry, finished):
    pipeline = Pipeline()
    pipeline.record()
    services = pipeline.processing.services
    for name in ("memories", "audio", "transcriber", "analyst"):
        object.__setattr__(services, name, traced(getattr(services, name), telemetry, name))
    work(pipeline, telemetry)

    spans = finished()
    assert {"memories.claim", "transcriber.transcribe", "analyst.analyse", "process job"} <= {
        span.name for span in spans
    }
    assert transcript_of(b"RIFF....WAVE") not in "".join(span.to_json() for span in spans)


def test_outside_of_a_span_there_is_no_trace(telemetry):
    with telemetry.span("one", SpanKind.INTERNAL):
        assert current_traceparent() is not None
    assert current_traceparent() is None
