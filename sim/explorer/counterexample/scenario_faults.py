"""The faults of a counterexample as faults of `sim`: which calls and kinds have an equivalent, which have none.

The explorer injects a fault into one call of one actor. A scenario activates a fault, and the next call of its kind
triggers it: so the script activates it between that call and the one before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sim.explorer.counterexample.replay import Call, Replay
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.plan import SECOND_MS, CallFault, Outage
from sim.explorer.runtime.policies import policies

type SiteName = str
F = FaultKind

OUTAGES: Mapping[tuple[str, FaultKind], str] = {
    ("openai", F.ERROR): "faults.openai.down()",
    ("openai", F.QUOTA): "faults.openai.quota_exhausted()",
    ("openai", F.MISCONFIGURED): "faults.openai.wrong_key()",
    ("openai", F.UNEXPLAINED): "faults.openai.refuses()",
    ("openai", F.RATE_LIMITED): "faults.openai.rate_limited(retry_after_seconds=20)",
    ("openai.analyse", F.ERROR): 'faults.openai.down(endpoint="chat")',
    ("openai.analyse", F.MALFORMED): 'faults.openai.bad_analysis("malformed")',
    ("openai.analyse", F.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", F.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("openai.transcribe", F.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.transcribe", F.MALFORMED): 'faults.openai.empty_object(endpoint="transcription")',
    ("openai.transcribe", F.ERROR): 'faults.openai.down(endpoint="transcription")',
    ("s3.get_object", F.ERROR): "faults.storage.get_fails()",
    ("s3", F.ERROR): "faults.storage.down()",
    ("memories", F.ERROR): "faults.database.down()",
    ("sqs", F.ERROR): "faults.queue.down_for_all()",
}
"""By port or call site, for as long as the outage lasts."""
WITHOUT_WINDOW = frozenset({"memories"})
"""Ports whose outage lasts as long as a block of its own: `faults.database.down` has no `during`."""

COMMITS = {
    ("client", "memories.accept"): "accept",
    ("client", "memories.submit_upload"): "accept",
    ("client", "memories.delete"): "deletion",
    ("client", "memories.mark_sent"): "sent",
    ("worker", "memories.claim"): "claim",
    ("worker", "memories.save_transcript"): "transcript",
    ("worker", "memories.save_analysis"): "analysis",
    ("worker", "memories.fail"): "failure",
}
"""By who calls and call site: the step of `faults.database`."""
API_STEPS = {
    "s3.put_object": "store",
    "s3.copy_object": "copy",
    "memories.accept": "accept",
    "memories.submit_upload": "accept",
    "memories.delete": "deletion",
    "sqs.send_message": "send",
}
WORKER_STEPS = {
    "memories.claim": "claim",
    "memories.save_transcript": "transcript",
    "memories.save_analysis": "analysis",
    "s3.get_object": "fetch",
    "sqs.change_message_visibility": "return",
}
ENDS_OF_PUTS = ("s3.put_object", "s3.copy_object", "s3.complete_multipart_upload")
PUTS = (*ENDS_OF_PUTS, "s3.create_multipart_upload", "s3.upload_part")
QUEUE_CALLS = ("sqs.send_message", "sqs.change_message_visibility")
_SHORTEST_GAP_MS = 4 * SECOND_MS
"""Between two calls, so that a fault can be activated between them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault of `sim`, and the calls that may trigger it."""

    text: str
    """Without the number of calls."""
    sites: tuple[SiteName, ...]
    roles: tuple[str, ...] = ()
    """Who calls; empty: anyone."""
    counts: str = "({})"
    """How the number of faulty calls is written: `.first({})`, `, times={})`; empty for a fault that acts once."""
    calls_each: int = 1
    """boto3 sends a request that fails twice."""

    def repeated(self, times: int) -> str:
        if not self.counts:
            return self.text
        if self.counts.startswith(","):
            return self.text + (self.counts.format(times) if times > 1 else ")")
        return self.text + self.counts.format(times * self.calls_each)

    def concerns(self, call: Call) -> bool:
        return call.site in self.sites and (not self.roles or call.role in self.roles)


def _openai(text: str, site: SiteName) -> Kind:
    return Kind(text, (site,), counts=".first({})")


def _aws(text: str, sites: tuple[SiteName, ...], calls_each: int = 1) -> Kind:
    return Kind(text, sites, counts=".first({})", calls_each=calls_each)


def _once(text: str, site: SiteName, role: str) -> Kind:
    return Kind(text, (site,), (role,), counts="")


_T, _A = "openai.transcribe", "openai.analyse"
OPENAI_FAULTS: Mapping[tuple[SiteName, FaultKind], Kind] = {
    (site, kind): _openai(text, site)
    for site, kind, text in [
        (_T, F.REJECTED, "faults.openai.unreadable_audio()"),
        (_T, F.BILLED_AND_LOST, 'faults.openai.resets(endpoint="transcription")'),
        (_T, F.MALFORMED, 'faults.openai.empty_object(endpoint="transcription")'),
        (_A, F.MALFORMED, 'faults.openai.bad_analysis("malformed")'),
        (_A, F.REFUSED, 'faults.openai.bad_analysis("refusal")'),
        (_A, F.FILTERED, 'faults.openai.bad_analysis("content_filter")'),
        (_A, F.TRUNCATED, 'faults.openai.bad_analysis("length")'),
        *(
            (site, kind, text.format(endpoint))
            for site, endpoint in ((_T, "transcription"), (_A, "chat"))
            for kind, text in (
                (F.ERROR, 'faults.openai.errors(500, endpoint="{}")'),
                (F.QUOTA, 'faults.openai.quota_exhausted(endpoint="{}")'),
                (F.MISCONFIGURED, 'faults.openai.wrong_key(endpoint="{}")'),
                (F.UNEXPLAINED, 'faults.openai.refuses(endpoint="{}")'),
            )
        ),
    ]
}
"""At one endpoint, for every caller."""
_AWS_FAULTS: Mapping[tuple[SiteName, FaultKind], Kind] = {
    **{(site, F.ERROR): _aws("faults.storage.put_fails()", PUTS, 2) for site in PUTS},
    **{(site, F.DENIED): _aws("faults.storage.put_fails(403)", PUTS) for site in PUTS},
    **{(site, F.LOST): _aws("faults.storage.put_response_lost()", ENDS_OF_PUTS, 2) for site in ENDS_OF_PUTS},
    **{(site, F.REPEATED): _aws("faults.storage.put_response_lost()", ENDS_OF_PUTS) for site in ENDS_OF_PUTS},
    ("s3.get_object", F.ERROR): _aws("faults.storage.get_fails()", ("s3.get_object",), 2),
    ("s3.get_object", F.LOST): _aws("faults.storage.get_fails()", ("s3.get_object",), 2),
    ("s3.get_object", F.DENIED): _aws("faults.storage.get_fails(403)", ("s3.get_object",)),
    ("s3.get_object", F.MALFORMED): _aws('faults.storage.answers("partial", "get")', ("s3.get_object",)),
    ("sqs.send_message", F.LOST): _aws("faults.queue.send_response_lost()", ("sqs.send_message",), 2),
    ("sqs.send_message", F.REPEATED): _aws("faults.queue.send_response_lost()", ("sqs.send_message",)),
    ("sqs.send_message", F.DENIED): _aws("faults.queue.throttled()", ("sqs.send_message",), 2),
    ("sqs.send_message", F.ERROR): _aws("faults.queue.throttled()", ("sqs.send_message",), 2),
    ("sqs.send_message", F.MALFORMED): _aws('faults.queue.answers("partial")', QUEUE_CALLS),
    ("sqs.change_message_visibility", F.ERROR): _aws(
        "faults.queue.visibility_change_fails()", ("sqs.change_message_visibility",), 2
    ),
    ("sqs.acknowledge", F.ERROR): _aws("faults.queue.delivered_twice()", ("sqs.acknowledge",)),
}


def kind_of(call: Call) -> Kind | None:
    """The fault of `sim` that is equivalent to the fault or the duration of the call; None if there is none."""
    role, site, decided = call.role, call.site, call.decided
    if isinstance(decided, int):
        return _slow(site, decided)
    if decided is None:
        return None
    kind = decided.kind
    if kind is F.RATE_LIMITED:
        return _openai(f"faults.openai.rate_limited({seconds(decided.ms)}, endpoint={_endpoint(site)})", site)
    if kind is F.SLOW:
        return _slow(site, decided.ms)
    if found := OPENAI_FAULTS.get((site, kind)) or _AWS_FAULTS.get((site, kind)):
        return found
    commit = COMMITS.get((role, site))
    if commit is not None and kind in (F.ERROR, F.LOST):
        sites = _same_commit(role, commit)
        if kind is F.LOST:  # committed: a repeated call finds that, and commits nothing
            return Kind(f'faults.database.commit_response_lost("{commit}")', sites, (role,), counts="")
        return Kind(f'faults.database.commit_lost("{commit}"', sites, (role,), counts=", times={})")
    return _killed(role, site, decided)


def _same_commit(role: str, commit: str) -> tuple[SiteName, ...]:
    return tuple(site for (who, site), each in COMMITS.items() if (who, each) == (role, commit))


def _killed(role: str, site: SiteName, fault: CallFault) -> Kind | None:
    moment = {F.KILLED_BEFORE: "before", F.KILLED_AFTER: "after"}.get(fault.kind)
    if role == "client" and moment and site in API_STEPS:
        return _once(f'faults.api.killed_{moment}("{API_STEPS[site]}")', site, role)
    if role != "worker":
        return None
    if moment and site in WORKER_STEPS:
        return _once(f'faults.worker.killed_{moment}("{WORKER_STEPS[site]}")', site, role)
    if site in (_T, _A) and moment == "before":
        return _once(f'faults.worker.killed_during("{"transcription" if site == _T else "analysis"}")', site, role)
    if site in (_T, _A) and moment == "after":
        # OpenAI has answered, and the worker cannot commit the answer.
        return _once(f'faults.worker.killed_before("{"transcript" if site == _T else "analysis"}")', site, role)
    timeout_ms = policies().limits.function_timeout_seconds * SECOND_MS
    if site == "s3.get_object" and fault.kind is F.FROZEN and fault.ms >= timeout_ms:
        return _once("faults.worker.timed_out()", site, role)
    return None


def _slow(site: SiteName, ms: int) -> Kind | None:
    if site in (_T, _A):
        return _openai(f"faults.openai.slow({seconds(ms)}, endpoint={_endpoint(site)})", site)
    if site == "s3.get_object":
        return _aws(f"faults.storage.slow({seconds(ms)})", (site,))
    return None


def _endpoint(site: SiteName) -> str:
    return '"transcription"' if site == _T else '"chat"'


@dataclass(frozen=True, slots=True)
class Block:
    """A fault of `sim`, and when the script activates it."""

    fault: str
    begins_ms: int = 0
    ends_ms: int | None = None
    """None: at the end of the script."""
    sent: int | None = None
    """The request that the block is about alone, by its place in `Replay.sent`."""


def translated(replay: Replay) -> tuple[list[Block], list[str]]:
    """The faults of the script, and in words what no scenario can do."""
    blocks: list[Block] = []
    obstacles: list[str] = []
    for outage in replay.plan.outages:
        fault = OUTAGES.get((outage.port, outage.kind))
        if fault is None:
            obstacles.append(f"an outage of {outage.port} ({outage.kind})")
        elif outage.port in WITHOUT_WINDOW:
            blocks.append(Block(fault, outage.begins_ms, outage.ends_ms))
        else:
            blocks.append(Block(fault + _window(outage)))
    for call, times in _runs_of_faulty_calls(replay.calls):
        kind = kind_of(call)
        begins_ms = None if kind is None else _activated(kind, call, replay.calls)
        in_outage = any(each.is_on(call.at_ms) and call.site.startswith(each.port) for each in replay.plan.outages)
        if kind is None or begins_ms is None or in_outage:
            obstacles.append(_named(call))
        else:
            blocks.append(Block(kind.repeated(times), begins_ms, sent=call.sent))
    return list(dict.fromkeys(blocks)), obstacles


def _runs_of_faulty_calls(calls: list[Call]) -> list[tuple[Call, int]]:
    """Each faulty call, or the first of several that the same fault makes faulty one after the other."""
    runs: list[tuple[Call, int]] = []
    last: Kind | None = None
    for call in calls:
        kind = kind_of(call)
        if call.decided is None:
            if last is not None and last.concerns(call):
                last = None
        elif kind is not None and kind.counts and kind == last and runs[-1][0].sent == call.sent:
            runs[-1] = runs[-1][0], runs[-1][1] + 1
        else:
            runs.append((call, 1))
            last = kind
    return runs


def _activated(kind: Kind, call: Call, calls: list[Call]) -> int | None:
    """When the fault can be activated so that the call is the first to trigger it; None if there is no such moment."""
    before = [each for each in calls[: calls.index(call)] if kind.concerns(each)]
    if call.sent is not None:
        in_request = [each for each in before if each.sent == call.sent]
        return None if in_request else call.at_ms
    if not before:
        return 0
    gap_ms = call.at_ms - before[-1].at_ms
    return before[-1].at_ms + gap_ms // 2 if gap_ms >= _SHORTEST_GAP_MS else None


def _named(call: Call) -> str:
    name = f"{call.actor}, {call.site}, call {call.number}: "
    if isinstance(call.decided, CallFault):
        return name + call.decided.kind
    return name + f"it takes {(call.decided or 0) / SECOND_MS:.1f} s"


def _window(outage: Outage) -> str:
    after = f", after=seconds({seconds(outage.begins_ms)})" if outage.begins_ms else ""
    return f".during(lasting=seconds({seconds(outage.ends_ms - outage.begins_ms)}){after})"


def seconds(ms: int) -> int:
    """At least one, unless it is none."""
    return max(1, -(-ms // SECOND_MS)) if ms else 0
