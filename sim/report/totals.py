"""What one scenario needed in total, counted from its events: receives, invocations, requests, retries, bills."""

from sim.journal.reading import Line
from sim.picture.texts import has_usable_answer
from sim.picture.vocabulary import lane_of_queue
from sim.report.run_record import ScenarioRecord


def totals_of(scenario: ScenarioRecord) -> dict[str, int | float]:
    """The `totals` of a scenario in `summary.json`; docs/reference/report.md lists the keys."""
    lines = scenario.lines
    messages = [line for line in lines if line.kind == "sqs"]
    received = [
        line for line in messages if line.text("event") == "received" and lane_of_queue(line.text("queue")) != "DLQ"
    ]
    requests = [line for line in lines if line.kind == "openai_request"]
    invocations = [line for line in lines if line.kind == "lambda" and line.fields.get("message_ids")]
    memories = [line for line in lines if line.kind == "memory"]
    subjects = scenario.contents.subjects.values()
    return {
        "memories": len(memories) or sum(subject.kind == "memory" for subject in subjects),
        "receives": len(received),
        "max_receives": int(max((line.number_of("receive_count") for line in received), default=0)),
        "dead_letters": sum(line.text("event") == "dead_lettered" for line in messages),
        "redriven": sum(line.text("event") == "redriven" for line in messages),
        "invocations": sum(line.text("event") == "started" for line in invocations),
        "failed_invocations": sum(_failed_invocation(line) for line in invocations),
        "cold_starts": sum(bool(line.fields.get("cold_start")) for line in invocations),
        "openai_calls": len(requests),
        "failed_openai_calls": sum(not has_usable_answer(line) for line in requests),
        "billed_audio_seconds": sum(line.number_of("billed_seconds") for line in requests),
        "billed_tokens": int(
            sum(
                line.number_of("billed_prompt_tokens") + line.number_of("billed_completion_tokens") for line in requests
            )
        ),
        "fault_triggers": int(sum(line.number_of("times_triggered") for line in lines if line.kind == "fault_ended")),
    }


def _failed_invocation(line: Line) -> bool:
    return line.text("event") == "ended" and line.text("outcome") != "success"
