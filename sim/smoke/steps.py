"""The smoke scenario: health, upload, processing, result, delete. Each step returns the line that reports it."""

import re
from collections.abc import Callable

from sim import recordings
from sim.recordings import Recording
from sim.smoke.deployed import CheckFailed, Deployed, excerpt, fields

MEMORIES = "/api/v1/memories"
MIN_SHARE_OF_WORDS = 0.6
"""Share of a recording's words that its transcript must have.

Models differ in spelling and punctuation; a wrong or empty transcript has a far smaller share.
"""

type Say = Callable[[str, str], None]


def run_smoke(api: Deployed, recording: Recording, take: int, say: Say) -> None:
    """Run all steps. Raises CheckFailed at the first one that fails; the uploaded recording is deleted."""
    say("health", health(api))
    memory_id = upload(api, recording, take)
    say("upload", f"accepted as memory {memory_id}")
    try:
        memory, line = processing(api, memory_id)
        say("processing", line)
        say("result", result(memory, recordings.variant_transcript(recording, take)))
    except BaseException:
        _clean_up(api, memory_id, say)
        raise
    say("delete", delete(api, memory_id))


def health(api: Deployed) -> str:
    """Wait while the deployment starts, that is, while it gives no response or 5xx. Any other error fails at once."""
    while True:
        try:
            answer = api.call("GET", "/api/v1/health")
        except CheckFailed as no_response:
            problem = str(no_response)
        else:
            if answer.status_code == 200:
                return ", ".join(f"{part} {state}" for part, state in fields(answer).items())
            problem = f"/api/v1/health returned {answer.status_code}: {excerpt(answer)}"
            if answer.status_code < 500:
                raise CheckFailed(problem)
        _pause(api, problem)


def upload(api: Deployed, recording: Recording, take: int) -> str:
    audio = recordings.variant(recording, take)
    answer = api.expect(202, "POST", MEMORIES, files={"audio": (recording.file_name, audio)}, data={"title": "smoke"})
    memory_id = fields(answer).get("id")
    if not isinstance(memory_id, str):
        raise CheckFailed(f"accepted without an id: {excerpt(answer)}")
    return memory_id


def processing(api: Deployed, memory_id: str) -> tuple[dict[str, object], str]:
    """Poll with the ETag, as an app does, until the memory is complete or its analysis is given up."""
    etag, polls, unchanged, status = "", 0, 0, "queued"
    while True:
        answer = api.call("GET", f"{MEMORIES}/{memory_id}", headers={"If-None-Match": etag} if etag else {})
        polls += 1
        if answer.status_code == 304:
            unchanged += 1
        elif answer.status_code == 200:
            memory, etag = fields(answer), answer.headers.get("ETag", "")
            status = str(memory.get("status"))
            if status == "failed":
                raise CheckFailed(f"the memory failed: {memory.get('failure')}")
            if status == "complete" or (status == "transcript_only" and memory.get("analysis_state") == "gave_up"):
                seconds = api.deadline.elapsed_seconds
                return memory, f"{status} {seconds:.1f} s after the start ({polls} polls, {unchanged} unchanged)"
        elif answer.status_code < 500:  # a 5xx may pass
            raise CheckFailed(f"GET of the memory returned {answer.status_code}: {excerpt(answer)}")
        if status == "transcript_only" and api.deadline.left_seconds <= 0:
            return memory, "transcript_only; its analysis is still pending"
        _pause(api, f"the memory is {status}")


def result(memory: dict[str, object], spoken: str) -> str:
    transcribed, expected = _words(str(memory.get("transcript") or "")), _words(spoken)
    share = len(transcribed & expected) / len(expected)
    if share < MIN_SHARE_OF_WORDS:
        raise CheckFailed(f"the transcript has only {share:.0%} of the spoken words: {memory.get('transcript')!r}")
    analysis = memory.get("analysis")
    if memory["status"] == "complete" and not (isinstance(analysis, dict) and analysis.get("summary")):
        raise CheckFailed(f"complete, but without an analysis: {analysis!r}")
    return f"the transcript has {share:.0%} of the spoken words, {'with' if analysis else 'without'} analysis"


def delete(api: Deployed, memory_id: str) -> str:
    api.expect(204, "DELETE", f"{MEMORIES}/{memory_id}")
    api.expect(404, "GET", f"{MEMORIES}/{memory_id}")
    return "deleted, and not found afterwards"


def _clean_up(api: Deployed, memory_id: str, say: Say) -> None:
    try:
        api.expect(204, "DELETE", f"{MEMORIES}/{memory_id}")
    except CheckFailed as problem:
        say("clean-up", f"memory {memory_id} was not deleted: {problem}")


def _pause(api: Deployed, problem: str) -> None:
    try:
        api.deadline.pause()
    except CheckFailed as timeout:
        raise CheckFailed(f"{timeout}: {problem}") from None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
