"""The smoke scenario: health, upload, processing, result, delete. Each step gives the line it is told by."""

import re
from collections.abc import Callable

from sim import recordings
from sim.recordings import Recording
from sim.smoke.deployed import Broken, Deployed, fields, said

MEMORIES = "/api/v1/memories"
WORDS_HEARD_AT_LEAST = 0.6
"""Of the words of a recording. Models spell and punctuate as they like; a wrong or empty transcript has far fewer."""

type Say = Callable[[str, str], None]


def play(api: Deployed, recording: Recording, take: int, say: Say) -> None:
    """All steps, one after the other. Raises Broken at the first that does not hold; what was uploaded is removed."""
    say("health", health(api))
    memory_id = upload(api, recording, take)
    say("upload", f"accepted as memory {memory_id}")
    try:
        memory, told = processing(api, memory_id)
        say("processing", told)
        say("result", result(memory, recordings.variant_transcript(recording, take)))
    except BaseException:
        _clean_up(api, memory_id, say)
        raise
    say("delete", delete(api, memory_id))


def health(api: Deployed) -> str:
    """A deployment may still be starting: no answer and 5xx are waited for, anything else is not."""
    while True:
        try:
            answer = api.ask("GET", "/api/v1/health")
        except Broken as no_answer:
            trouble = str(no_answer)
        else:
            if answer.status_code == 200:
                return ", ".join(f"{part} {state}" for part, state in fields(answer).items())
            trouble = f"answered {answer.status_code}: {said(answer)}"
            if answer.status_code < 500:
                raise Broken(trouble)
        _pause(api, trouble)


def upload(api: Deployed, recording: Recording, take: int) -> str:
    audio = recordings.variant(recording, take)
    answer = api.expect(202, "POST", MEMORIES, files={"audio": (recording.file_name, audio)}, data={"title": "smoke"})
    memory_id = fields(answer).get("id")
    if not isinstance(memory_id, str):
        raise Broken(f"accepted without an id: {said(answer)}")
    return memory_id


def processing(api: Deployed, memory_id: str) -> tuple[dict[str, object], str]:
    """Poll by ETag, as an app does, until it is complete or has at least its transcript for good."""
    etag, polls, unchanged, status = "", 0, 0, "queued"
    while True:
        answer = api.ask("GET", f"{MEMORIES}/{memory_id}", headers={"If-None-Match": etag} if etag else {})
        polls += 1
        if answer.status_code == 304:
            unchanged += 1
        elif answer.status_code == 200:
            memory, etag = fields(answer), answer.headers.get("ETag", "")
            status = str(memory.get("status"))
            if status == "failed":
                raise Broken(f"the memory failed: {memory.get('failure')}")
            if status == "complete" or (status == "transcript_only" and memory.get("analysis_state") == "gave_up"):
                seconds = api.deadline.passed_seconds
                return memory, f"{status} {seconds:.1f} s after the start ({polls} polls, {unchanged} unchanged)"
        elif answer.status_code < 500:  # a 5xx passes
            raise Broken(f"asking for the memory was answered {answer.status_code}: {said(answer)}")
        if status == "transcript_only" and api.deadline.left_seconds <= 0:
            return memory, "transcript_only; its analysis is still to come"
        _pause(api, f"the memory is {status}")


def result(memory: dict[str, object], spoken: str) -> str:
    heard, said_words = _words(str(memory.get("transcript") or "")), _words(spoken)
    share = len(heard & said_words) / len(said_words)
    if share < WORDS_HEARD_AT_LEAST:
        raise Broken(f"only {share:.0%} of what is said was heard: {memory.get('transcript')!r}")
    analysis = memory.get("analysis")
    if memory["status"] == "complete" and not (isinstance(analysis, dict) and analysis.get("summary")):
        raise Broken(f"complete, but without an analysis: {analysis!r}")
    return f"{share:.0%} of what is said was heard, {'with' if analysis else 'without'} an analysis"


def delete(api: Deployed, memory_id: str) -> str:
    api.expect(204, "DELETE", f"{MEMORIES}/{memory_id}")
    api.expect(404, "GET", f"{MEMORIES}/{memory_id}")
    return "removed, and gone"


def _clean_up(api: Deployed, memory_id: str, say: Say) -> None:
    try:
        api.expect(204, "DELETE", f"{MEMORIES}/{memory_id}")
    except Broken as trouble:
        say("clean-up", f"memory {memory_id} is still there: {trouble}")


def _pause(api: Deployed, trouble: str) -> None:
    try:
        api.deadline.pause()
    except Broken as too_late:
        raise Broken(f"{too_late}: {trouble}") from None


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
