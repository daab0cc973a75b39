"""The two formats, against their specifications."""

import json
import re
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from sim.cli.main import main
from sim.report.traces.otlp import otlp_json
from sim.report.traces.perfetto import perfetto_json
from sim.report.traces.spans import RecordingTrace, traces_of
from tests.unit.picture.recorded_journals import NAMES, RECORDED, lines_of
from tests.unit.report.journals import MEMORY, SCENARIO, JournalOf, dead_lettered_and_redriven

VALUES = {"stringValue": str, "boolValue": bool, "intValue": str, "doubleValue": float}
"""`AnyValue` of opentelemetry-proto's `common.proto`, as far as spans use it."""


def recorded(name: str) -> list[RecordingTrace]:
    return traces_of(name, lines_of(name))


def spans_in(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span for resource in request["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]
    ]


def complete_events(traces: list[RecordingTrace]) -> list[dict[str, Any]]:
    return [event for event in perfetto_json(traces)["traceEvents"] if event["ph"] == "X"]


def check_attributes(attributes: list[dict[str, Any]]) -> None:
    for attribute in attributes:
        assert set(attribute) == {"key", "value"}
        ((kind, value),) = attribute["value"].items()
        assert type(value) is VALUES[kind]
        assert kind != "intValue" or re.fullmatch(r"-?[0-9]+", value)


# OTLP: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and opentelemetry-proto's trace.proto


@pytest.mark.parametrize("name", NAMES)
def test_otlp_has_ids_in_hex_times_as_text_and_kinds_as_numbers(name: str) -> None:
    request = json.loads(json.dumps(otlp_json(recorded(name))))

    for resource in request["resourceSpans"]:
        check_attributes(resource["resource"]["attributes"])
    for span in spans_in(request):
        assert re.fullmatch(r"[0-9a-f]{32}", span["traceId"])
        assert re.fullmatch(r"[0-9a-f]{16}", span["spanId"])
        assert span["name"]
        assert span["kind"] in range(1, 6)
        assert re.fullmatch(r"[0-9]{19}", span["startTimeUnixNano"])
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        assert span["status"].get("code", 0) in (0, 1, 2)
        check_attributes(span["attributes"])
        for event in span["events"]:
            assert re.fullmatch(r"[0-9]{19}", event["timeUnixNano"])
            check_attributes(event["attributes"])


@pytest.mark.parametrize("name", NAMES)
def test_otlp_names_every_parent_and_every_link_by_the_id_of_a_span_of_the_same_trace(name: str) -> None:
    spans = spans_in(otlp_json(recorded(name)))

    known = {(span["traceId"], span["spanId"]) for span in spans}
    named = [(span["traceId"], span["parentSpanId"]) for span in spans if "parentSpanId" in span]
    named += [(link["traceId"], link["spanId"]) for span in spans for link in span["links"]]
    assert len(known) == len(spans)
    assert set(named) <= known
    assert len(spans) - sum("parentSpanId" in span for span in spans) == len({span["traceId"] for span in spans})


def test_each_part_is_a_service() -> None:
    request = otlp_json(recorded("outage-and-redrive"))

    names = [resource["resource"]["attributes"][0] for resource in request["resourceSpans"]]
    assert {each["value"]["stringValue"] for each in names} == {"client", "api", "sqs", "worker", "openai"}


# the Trace Event Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU


@pytest.mark.parametrize("name", NAMES)
def test_trace_events_have_what_their_phase_demands(name: str) -> None:
    page = json.loads(json.dumps(perfetto_json(recorded(name))))

    assert page["displayTimeUnit"] in ("ms", "ns")
    for event in page["traceEvents"]:
        assert event["ph"] in "XMisf"
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        assert isinstance(event["name"], str)
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name", "process_sort_index", "thread_sort_index")
            continue
        assert isinstance(event["ts"], int)
        assert event["ts"] >= 0
        assert event["ph"] != "X" or event["dur"] >= 0
        assert event["ph"] != "i" or event["s"] == "t"
        assert event["ph"] not in "sf" or isinstance(event["id"], int)


@pytest.mark.parametrize("name", NAMES)
def test_the_spans_of_one_track_nest(name: str) -> None:
    def track(event: dict[str, Any]) -> tuple[int, int]:
        return event["pid"], event["tid"]

    for _, events in groupby(sorted(complete_events(recorded(name)), key=track), key=track):
        open_until: list[int] = []
        for event in sorted(events, key=lambda each: (each["ts"], -each["dur"])):
            while open_until and open_until[-1] <= event["ts"]:
                open_until.pop()
            assert not open_until or event["ts"] + event["dur"] <= open_until[-1], event
            open_until.append(event["ts"] + event["dur"])


def test_the_attempts_of_one_recording_are_on_one_track() -> None:
    traces = traces_of(SCENARIO, dead_lettered_and_redriven().record().lines)

    attempts = [event for event in complete_events(traces) if event["name"].startswith("attempt ")]
    assert len(attempts) == 4
    assert len({(event["pid"], event["tid"]) for event in attempts}) == 1


def test_two_attempts_at_the_same_time_are_on_two_tracks() -> None:
    """A message that becomes visible again while its worker still runs."""
    journal = JournalOf().accepted(1).sqs(1, "sent", memory_id=MEMORY)
    for message, at, end in (("m-1", 2, 50), ("m-2", 10, 60)):
        journal.sqs(at, "sent", message, memory_id=MEMORY).sqs(at, "received", message, memory_id=MEMORY)
        journal.sqs(end, "deleted", message, memory_id=MEMORY)

    attempts = [
        e for e in complete_events(traces_of(SCENARIO, journal.record().lines)) if e["name"].startswith("attempt")
    ]
    assert len({event["tid"] for event in attempts}) == 2


def test_a_duration_is_virtual_time_in_microseconds() -> None:
    traces = traces_of(SCENARIO, dead_lettered_and_redriven().record().lines)

    hidden = [event for event in complete_events(traces) if event["name"] == "invisible"]
    assert [event["dur"] for event in hidden] == [1794 * 1_000_000, 3594 * 1_000_000]


@pytest.mark.parametrize("name", NAMES)
def test_no_recorded_text_and_no_audio_digest_is_in_a_span(name: str) -> None:
    text = json.dumps([perfetto_json(recorded(name)), otlp_json(recorded(name))])

    assert "sha256" not in text
    assert "transcript_sha256" not in text


# the command


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    dead_lettered_and_redriven().run_started().write(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "key"), [("perfetto", "traceEvents"), ("otlp-json", "resourceSpans")])
def test_the_command_writes_a_file_of_the_format(
    run_folder: Path, capsys: pytest.CaptureFixture[str], name: str, key: str
) -> None:
    file = run_folder / "spans.json"

    assert main(["trace", str(run_folder), "--format", name, "-o", str(file)]) == 0
    assert json.loads(file.read_text(encoding="utf-8"))[key]
    assert "spans of 1 recordings" in capsys.readouterr().err


def test_without_a_file_the_command_prints(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(run_folder), "--recording", MEMORY[:6]]) == 0
    assert json.loads(capsys.readouterr().out)["traceEvents"]


def test_a_part_of_a_scenarios_name_chooses_it_in_the_newest_run(
    run_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.report.traces.command.LATEST", run_folder)

    assert main(["trace", "test_poison"]) == 0
    assert json.loads(capsys.readouterr().out)["traceEvents"]
    assert main(["trace", "another"]) == 2
    assert (
        "another is neither a folder with a journal.jsonl nor a scenario of the newest run" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recording", "ffff"], "no recording has an id that begins with 'ffff'"),
        (["--format", "zipkin"], "invalid choice"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    run_folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    try:
        code = main(["trace", str(run_folder), *arguments])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    assert code == 2
    assert sentence in capsys.readouterr().err


def test_recorded_journals_are_there() -> None:
    assert all((RECORDED / f"{name}.jsonl").exists() for name in NAMES)
