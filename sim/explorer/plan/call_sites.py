"""Every call that a use case makes of a port, by name: where actors may be interleaved and faults injected."""

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
    RATE_LIMITED = "rate limited"
    QUOTA = "quota exhausted"
    MISCONFIGURED = "wrong key"
    REJECTED = "audio rejected"
    MALFORMED = "malformed answer"
    REFUSED = "refusal"
    FILTERED = "content filter"
    TRUNCATED = "answer cut off"
    BILLED_AND_LOST = "billed, answer lost"
    DELIVERED_TWICE = "delivered twice"
    OUT_OF_ORDER = "out of order"
    NOT_INVOKED = "received, no function invoked"


F = FaultKind
EVERYWHERE = (F.ERROR, F.LOST, F.KILLED_BEFORE, F.KILLED_AFTER, F.SLOW, F.FROZEN)
OPENAI = (F.ERROR, F.RATE_LIMITED, F.QUOTA, F.MISCONFIGURED, F.SLOW, F.KILLED_BEFORE, F.KILLED_AFTER, F.FROZEN)


class CallSite:
    """One method of one port."""

    __slots__ = ("description", "fault_kinds", "index", "is_openai", "method", "name", "port", "timeout_ms", "usual_ms")

    def __init__(
        self, port: str, method: str, description: str, kinds: tuple[FaultKind, ...], usual_ms: int, timeout_ms: int
    ) -> None:
        self.port = port
        self.method = method
        self.is_openai = port == "openai"
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
    # rawk.adapters.postgres.connection_pool: ten seconds for a statement, two more for its answer.
    return CallSite("memories", method, description, (*EVERYWHERE, F.UNEXPECTED), 5, 12_000)


def _aws(port: str, method: str, description: str, *more: FaultKind) -> CallSite:
    # rawk.composition: two attempts of fifteen seconds.
    return CallSite(port, method, description, (*EVERYWHERE, *more), 20, 30_000)


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
KNOWN_AUDIO = _memories("known_audio", "asks which audio belongs to a memory")
DELETE_TOMBSTONES = _memories("delete_tombstones", "removes old tombstones")
CLAIM = _memories("claim", "claims the memory")
SAVE_TRANSCRIPT = _memories("save_transcript", "commits the transcript")
SAVE_ANALYSIS = _memories("save_analysis", "commits the analysis")
POSTPONE_ANALYSIS = _memories("postpone_analysis", "postpones the analysis")
FAIL = _memories("fail", "commits the failure")
RELEASE = _memories("release", "releases the lease")

OPEN_UPLOAD = _aws("audio", "open_upload", "begins the upload")
WRITE = _aws("audio", "write", "uploads audio")
COMPLETE = _aws("audio", "complete", "completes the upload")
ABORT = CallSite("audio", "abort", "aborts the upload", (F.KILLED_BEFORE, F.KILLED_AFTER, F.SLOW), 20, 30_000)
UPLOAD_FORM = CallSite("audio", "upload_form", "signs a form", (F.KILLED_BEFORE, F.KILLED_AFTER), 1, 1_000)
"""Signed without a request to S3, so S3 cannot fail it."""
HEAD = _aws("audio", "head", "checks the audio")
FETCH = _aws("audio", "fetch", "fetches the audio")
DELETE_AUDIO = _aws("audio", "delete", "removes the audio")
OLDER_THAN = _aws("audio", "older_than", "lists old audio")

SEND = _aws("queue", "send", "sends the job", F.LATE)
POSTPONE = _aws("queue", "postpone", "sets the visibility timeout")
ACKNOWLEDGE = CallSite("queue", "acknowledge", "its message is deleted", (F.ERROR, F.LOST, F.SLOW), 20, 30_000)
"""Lambda makes this call itself, so there is no process of ours to kill."""
DELIVER = CallSite("queue", "deliver", "delivers a message", (F.DELIVERED_TWICE, F.OUT_OF_ORDER, F.NOT_INVOKED), 10, 0)

PEEK = _aws("dead_letters", "peek", "reads the dead letters")
MOVE_ALL = _aws("dead_letters", "move_all", "starts a move task")
MOVE = _aws("dead_letters", "move", "sends a dead letter back")
REMOVE = _aws("dead_letters", "remove", "removes a dead letter")
COUNT = _aws("dead_letters", "count", "counts the dead letters")

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
    (*OPENAI, F.MALFORMED, F.REFUSED, F.FILTERED, F.TRUNCATED),
    2_000,
    120_000,
)

CALL_SITES_OF_PORT: dict[str, list[CallSite]] = {}
for _site in CALL_SITES:
    CALL_SITES_OF_PORT.setdefault(_site.port, []).append(_site)
