"""Economy: in a quiet world, without failures and delays, the exact number of calls of each call site."""

from collections import Counter

from sim.explorer.plan.call_sites import DELIVER, CallSite
from sim.explorer.plan.plan import Action, ActionKind, CallFault, DirectUpload, Plan

PAGE_KEYS = 2
"""Keys on one page of a listing of S3 in a world; the service has 1,000."""
_PROCESSED = Counter(
    {
        "memories.claim": 1,
        "s3.get_object": 1,
        "openai.transcribe": 1,
        "memories.save_transcript": 1,
        "openai.analyse": 1,
        "memories.save_analysis": 1,
        "sqs.acknowledge": 1,
    }
)
_SENT = Counter({"sqs.send_message": 1, "memories.mark_sent": 1})
_RECORDED = Counter({"s3.put_object": 1, "memories.accept": 1}) + _SENT + _PROCESSED
_RECORDED_IN_PARTS = (
    Counter(
        {"s3.create_multipart_upload": 1, "s3.upload_part": 3, "s3.complete_multipart_upload": 1, "memories.accept": 1}
    )
    + _SENT
    + _PROCESSED
)
_UPLOADED_DIRECTLY = (
    Counter(
        {
            "memories.begin_upload": 1,
            "s3.generate_presigned_post": 1,
            "memories.get": 1,
            "s3.get_object": 1,
            "s3.copy_object": 1,
            "memories.submit_upload": 1,
            "s3.delete_object": 1,
        }
    )
    + _SENT
    + _PROCESSED
)
_DELETED = Counter({"memories.delete": 2, "s3.delete_object": 2})
"""The other tenant's attempt ends in the database. Accepted audio and what a form has written are removed."""
_RELAY = Counter(
    {
        "memories.delete_unsubmitted_uploads": 1,
        "memories.delete_tombstones": 1,
        "memories.queue_due_analyses": 1,
        "memories.fail_abandoned": 1,
        "memories.claim_outbox": 1,
        "memories.has_waiting_since": 1,
    }
)
"""Without the pages of its listing, which depend on how much audio there is."""


_RECORDING = (ActionKind.RECORD, ActionKind.DIRECT_UPLOAD)


class CountingCalls:
    """No faults and usual durations; counts the calls of each call site."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def decide(self, site: CallSite, actor: str, number: int) -> int | CallFault:  # noqa: ARG002
        if site is not DELIVER:
            self.calls[site.name] += 1
        return site.usual_ms


def expected_calls(plan: Plan) -> Counter[str]:
    """What the actions of a quiet plan cost."""
    expected: Counter[str] = Counter()
    recorded = {action.recording for action in plan.actions if action.kind in _RECORDING}
    for action in plan.actions:
        if action.recording in recorded or action.kind is ActionKind.LIST:
            expected += _expected(action)
    if plan.extra_relay_minutes:
        stored = expected["memories.mark_sent"] - expected["memories.delete"] // 2
        # And one page of what forms have written: all of it was removed.
        expected += _RELAY + Counter({"s3.list_objects_v2": max(1, -(-stored // PAGE_KEYS)) + 1})
    return expected


def difference(plan: Plan, calls: Counter[str]) -> str:
    """Which call sites had too many or too few calls; empty if none."""
    expected = expected_calls(plan)
    sites = sorted(site for site in {*expected, *calls} if expected[site] != calls[site])
    return ", ".join(f"{site} was called {calls[site]} times, not {expected[site]}" for site in sites)


def _expected(action: Action) -> Counter[str]:
    match action.kind:
        case ActionKind.RECORD:
            return _RECORDED_IN_PARTS if action.large else _RECORDED
        case ActionKind.DIRECT_UPLOAD:
            assert DirectUpload.of(action.number) is DirectUpload.SUBMITTED
            return _UPLOADED_DIRECTLY
        case ActionKind.DELETE:
            return _DELETED
        case ActionKind.LIST:
            return Counter({"memories.page": 1})
        case _:
            raise ValueError(f"a quiet plan has no {action.kind}")
