"""Every call that leaves the product, by name: where actors may be interleaved and faults injected.

The call sites of `memories` and `openai` are methods of the ports; those of `s3` and `sqs` are methods of boto3's
clients, so that failures also come between the calls of one method of an adapter.
"""

from enum import StrEnum


class FaultKind(StrEnum):
    """What may go wrong in one call. The milliseconds of the `CallFault` say how long the caller waits."""

    ERROR = "error"
    """No effect; the caller gets the port's own error."""
    LOST = "answer lost"
    """The effect happens; the caller gets the port's own error."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    SLOW = "slow"
    """Effect and answer come late."""
    FROZEN = "frozen after"
    """The effect happens in time; then the whole process is suspended."""
    LATE = "late effect"
    """The caller gets an error; the effect happens all the same, long afterwards."""
    UNEXPECTED = "unexpected error"
    """An error that the port does not declare."""
    DENIED = "access denied"
    REPEATED = "answer lost, sent again by boto3"
    """The effect happens twice; the caller sees one answer."""
    PARTIAL = "partial answer"
    """A short receive, a batch that fails in part, or a short page."""
    RATE_LIMITED = "rate limited"
    QUOTA = "quota exhausted"
    MISCONFIGURED = "wrong key"
    UNEXPLAINED = "refused without a cause"
    """OpenAI refuses the call and does not say why."""
    REJECTED = "audio rejected"
    MALFORMED = "malformed answer"
    """Of OpenAI: no transcript, or an analysis that cannot be used. Of AWS: the effect happens, the answer lacks its
    parts."""
    REFUSED = "refusal"
    FILTERED = "content filter"
    TRUNCATED = "answer cut off"
    BILLED_AND_LOST = "billed, answer lost"
    DELIVERED_TWICE = "delivered twice"
    OUT_OF_ORDER = "out of order"
    NOT_INVOKED = "received, no function invoked"


F = FaultKind
EVERYWHERE = (F.ERROR, F.LOST, F.KILLED_BEFORE, F.KILLED_AFTER, F.SLOW, F.FROZEN)
OPENAI = (
    *(F.ERROR, F.RATE_LIMITED, F.QUOTA, F.MISCONFIGURED, F.UNEXPLAINED, F.SLOW),
    *(F.KILLED_BEFORE, F.KILLED_AFTER, F.FROZEN, F.MALFORMED),
)


class CallSite:
    """One method of one port, or of one client of AWS."""

    __slots__ = (
        "description",
        "fault_kinds",
        "index",
        "is_openai",
        "is_remote",
        "method",
        "name",
        "port",
        "timeout_ms",
        "usual_ms",
    )

    def __init__(
        self,
        port: str,
        method: str,
        description: str,
        kinds: tuple[FaultKind, ...],
        usual_ms: int,
        timeout_ms: int,
        *,
        is_remote: bool = True,
    ) -> None:
        self.port = port
        self.method = method
        self.is_openai = port == "openai"
        self.is_remote = is_remote
        """False for a method that calls no service: an outage does not concern it."""
        self.name = f"{port}.{method}"
        self.description = description
        """What the caller does, for a report: `claims the memory`."""
        self.fault_kinds = kinds
        self.usual_ms = usual_ms
        """How long the call takes without a fault."""
        self.timeout_ms = timeout_ms
        """How long the real adapter waits for an answer before it raises."""
        self.index = len(CALL_SITES)
        CALL_SITES.append(self)


CALL_SITES: list[CallSite] = []
"""All of them; the index of a call site is its place."""


def _memories(method: str, description: str) -> CallSite:
    # rawk.adapters.postgres.connection_pool: worker and relay wait ten seconds for a statement and two more for its
    # answer. The API waits four and two (rawk.composition): its calls may take longer here than they can.
    return CallSite("memories", method, description, (*EVERYWHERE, F.UNEXPECTED), 5, 12_000)


def _aws(service: str, method: str, description: str, *more: FaultKind) -> CallSite:
    # rawk.composition: two attempts of fifteen seconds.
    return CallSite(service, method, description, (*EVERYWHERE, F.DENIED, F.MALFORMED, *more), 20, 30_000)


WRITES = (F.LATE, F.REPEATED)

ACCEPT = _memories("accept", "writes the memory and its outbox row")
BEGIN_UPLOAD = _memories("begin_upload", "stores a coming upload")
SUBMIT_UPLOAD = _memories("submit_upload", "queues the uploaded memory, with its outbox row")
WITHDRAW_UPLOAD = _memories("withdraw_upload", "withdraws the upload")
DELETE_UNSUBMITTED_UPLOADS = _memories("delete_unsubmitted_uploads", "removes uploads that were never submitted")
RETRY = _memories("retry", "queues the failed memory again")
RETRY_ANALYSIS = _memories("retry_analysis", "asks for an analysis that was given up")
GET = _memories("get", "reads the memory")
FIND = _memories("find", "looks the memory up")
PAGE = _memories("page", "lists memories")
HISTORY = _memories("history", "reads the history")
DELETE = _memories("delete", "deletes the memory")
CLAIM_OUTBOX = _memories("claim_outbox", "claims outbox rows")
MARK_SENT = _memories("mark_sent", "removes the outbox row")
QUEUE_DUE_ANALYSES = _memories("queue_due_analyses", "queues due analyses")
FAIL_ABANDONED = _memories("fail_abandoned", "fails abandoned memories")
HAS_WAITING_SINCE = _memories("has_waiting_since", "asks whether a memory has waited for long")
KNOWN_AUDIO = _memories("known_audio", "asks which audio belongs to a memory")
DELETE_TOMBSTONES = _memories("delete_tombstones", "removes old tombstones")
CLAIM = _memories("claim", "claims the memory")
SAVE_TRANSCRIPT = _memories("save_transcript", "commits the transcript")
SAVE_ANALYSIS = _memories("save_analysis", "commits the analysis")
POSTPONE_ANALYSIS = _memories("postpone_analysis", "postpones the analysis")
FAIL = _memories("fail", "commits the failure")
RELEASE = _memories("release", "releases the lease")

PUT_OBJECT = _aws("s3", "put_object", "uploads the audio", *WRITES)
CREATE_UPLOAD = _aws("s3", "create_multipart_upload", "begins an upload of several parts", *WRITES)
UPLOAD_PART = _aws("s3", "upload_part", "uploads a part of the audio", *WRITES)
COMPLETE_UPLOAD = _aws("s3", "complete_multipart_upload", "joins the parts of the audio", *WRITES)
ABORT_UPLOAD = _aws("s3", "abort_multipart_upload", "aborts the upload", *WRITES)
UPLOAD_FORM = CallSite(
    "s3", "generate_presigned_post", "signs a form", (F.KILLED_BEFORE, F.KILLED_AFTER), 1, 1_000, is_remote=False
)
"""Signed without a request to S3, so S3 cannot fail it."""
GET_OBJECT = _aws("s3", "get_object", "reads the audio")
COPY_OBJECT = _aws("s3", "copy_object", "copies the audio", *WRITES)
DELETE_OBJECT = _aws("s3", "delete_object", "removes the audio", *WRITES)
LIST_OBJECTS = _aws("s3", "list_objects_v2", "lists a page of audio", F.PARTIAL)

SEND_MESSAGE = _aws("sqs", "send_message", "sends the job", *WRITES)
RECEIVE_MESSAGE = _aws("sqs", "receive_message", "receives dead letters", F.PARTIAL)
DELETE_MESSAGE = _aws("sqs", "delete_message", "removes the dead letter", *WRITES)
CHANGE_VISIBILITY = _aws("sqs", "change_message_visibility", "sets the visibility timeout", *WRITES)
CHANGE_VISIBILITY_BATCH = _aws(
    "sqs", "change_message_visibility_batch", "makes the dead letters visible", F.PARTIAL, *WRITES
)
QUEUE_ATTRIBUTES = _aws("sqs", "get_queue_attributes", "reads the queue's attributes")
START_MOVE_TASK = _aws("sqs", "start_message_move_task", "starts a move task", *WRITES)
LIST_MOVE_TASKS = _aws("sqs", "list_message_move_tasks", "asks for running move tasks")
ACKNOWLEDGE = CallSite("sqs", "acknowledge", "its message is deleted", (F.ERROR, F.LOST, F.SLOW), 20, 30_000)
"""Lambda makes this call itself, so there is no process of ours to kill."""
DELIVER = CallSite("sqs", "deliver", "delivers a message", (F.DELIVERED_TWICE, F.OUT_OF_ORDER, F.NOT_INVOKED), 10, 0)

TRANSCRIBE = CallSite(
    "openai",
    "transcribe",
    "asks OpenAI for a transcription",
    (*OPENAI, F.REJECTED, F.BILLED_AND_LOST),
    3_000,
    120_000,
)
ANALYSE = CallSite(
    "openai",
    "analyse",
    "asks OpenAI for an analysis",
    (*OPENAI, F.REFUSED, F.FILTERED, F.TRUNCATED),
    2_000,
    120_000,
)

CALL_SITES_OF_PORT: dict[str, list[CallSite]] = {}
for _site in CALL_SITES:
    CALL_SITES_OF_PORT.setdefault(_site.port, []).append(_site)
