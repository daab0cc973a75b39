"""Every call that a use case makes of the outside, by name: where a world may switch, and where trouble may strike."""

from enum import StrEnum


class Trouble(StrEnum):
    """What may become of one call. The seconds that go with it say how long its caller waits."""

    ERROR = "error"
    """Instead of the effect: the port's own error."""
    LOST = "answer lost"
    """The effect happens, the caller gets the port's own error."""
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    SLOW = "slow"
    """The effect and the answer come late."""
    FROZEN = "frozen after"
    """The effect happens in time; then the whole process stands still."""
    LATE = "late effect"
    """The caller gets an error; the effect happens all the same, long afterwards."""
    STRANGE = "strange error"
    """An error that the port never promised to raise."""
    RATE_LIMITED = "rate limited"
    QUOTA = "quota exhausted"
    MISCONFIGURED = "wrong key"
    REJECTED = "audio rejected"
    MALFORMED = "malformed answer"
    REFUSED = "refusal"
    FILTERED = "content filter"
    TRUNCATED = "answer cut off"
    BILLED_AND_LOST = "billed, and the answer lost"
    DELIVERED_TWICE = "delivered twice"
    OUT_OF_ORDER = "out of order"
    NOT_INVOKED = "received, and no function started"


T = Trouble
EVERYWHERE = (T.ERROR, T.LOST, T.KILLED_BEFORE, T.KILLED_AFTER, T.SLOW, T.FROZEN)
OPENAI = (T.ERROR, T.RATE_LIMITED, T.QUOTA, T.MISCONFIGURED, T.SLOW, T.KILLED_BEFORE, T.KILLED_AFTER, T.FROZEN)


class Site:
    """One method of one port."""

    __slots__ = ("index", "is_openai", "method", "name", "patience_ms", "port", "troubles", "usual_ms", "words")

    def __init__(
        self, port: str, method: str, words: str, troubles: tuple[Trouble, ...], usual_ms: int, patience_ms: int
    ) -> None:
        self.port = port
        self.method = method
        self.is_openai = port == "openai"
        self.name = f"{port}.{method}"
        self.words = words
        """What the caller does by it, in a story."""
        self.troubles = troubles
        self.usual_ms = usual_ms
        """How long the call takes when nothing is the matter."""
        self.patience_ms = patience_ms
        """How long its real adapter waits for an answer before it raises."""
        self.index = len(SITES)
        SITES.append(self)


SITES: list[Site] = []
"""All of them; a site's index is its place."""


def _memories(method: str, words: str) -> Site:
    # rawk.adapters.postgres.connection_pool: ten seconds for a statement, two more for its answer.
    return Site("memories", method, words, (*EVERYWHERE, T.STRANGE), 5, 12_000)


def _aws(port: str, method: str, words: str, *more: Trouble) -> Site:
    # rawk.composition: two attempts of fifteen seconds.
    return Site(port, method, words, (*EVERYWHERE, *more), 20, 30_000)


ACCEPT = _memories("accept", "writes the memory and its outbox row")
BEGIN_UPLOAD = _memories("begin_upload", "writes down an upload that is to come")
SUBMIT_UPLOAD = _memories("submit_upload", "queues what was uploaded, with its outbox row")
WITHDRAW_UPLOAD = _memories("withdraw_upload", "withdraws the upload")
FORGET_UPLOADS = _memories("delete_unsubmitted_uploads", "forgets uploads that nobody submitted")
RETRY = _memories("retry", "queues what failed once more")
ASK_FOR_ANALYSIS = _memories("retry_analysis", "asks for a given-up analysis once more")
GET = _memories("get", "reads the memory")
FIND = _memories("find", "looks the memory up")
PAGE = _memories("page", "lists memories")
HISTORY = _memories("history", "reads the history")
DELETE = _memories("delete", "deletes the memory")
CLAIM_OUTBOX = _memories("claim_outbox", "claims what the outbox holds")
MARK_SENT = _memories("mark_sent", "removes the outbox row")
QUEUE_DUE_ANALYSES = _memories("queue_due_analyses", "queues due analyses")
FAIL_ABANDONED = _memories("fail_abandoned", "fails what was abandoned")
KNOWN_AUDIO = _memories("known_audio", "asks which audio is known")
FORGET_DELETED = _memories("delete_tombstones", "forgets old deletions")
CLAIM = _memories("claim", "claims the memory")
SAVE_TRANSCRIPT = _memories("save_transcript", "commits the transcript")
SAVE_ANALYSIS = _memories("save_analysis", "commits the analysis")
POSTPONE_ANALYSIS = _memories("postpone_analysis", "puts the analysis off")
FAIL = _memories("fail", "commits the failure")
RELEASE = _memories("release", "gives the lease back")

OPEN_UPLOAD = _aws("audio", "open_upload", "begins the upload")
WRITE = _aws("audio", "write", "uploads audio")
COMPLETE = _aws("audio", "complete", "completes the upload")
ABORT = Site("audio", "abort", "aborts the upload", (T.KILLED_BEFORE, T.KILLED_AFTER, T.SLOW), 20, 30_000)
UPLOAD_FORM = Site("audio", "upload_form", "signs a form", (T.KILLED_BEFORE, T.KILLED_AFTER), 1, 1_000)
"""Signed without asking S3: it can not be down."""
LOOK = _aws("audio", "head", "looks at the audio")
FETCH = _aws("audio", "fetch", "fetches the audio")
DELETE_AUDIO = _aws("audio", "delete", "removes the audio")
OLDER_THAN = _aws("audio", "older_than", "looks for old audio")

SEND = _aws("queue", "send", "sends the job", T.LATE)
POSTPONE = _aws("queue", "postpone", "sets when the message comes back")
ACKNOWLEDGE = Site("queue", "acknowledge", "its message is deleted", (T.ERROR, T.LOST, T.SLOW), 20, 30_000)
"""Lambda's own call: it has no process of ours to kill."""
DELIVER = Site("queue", "deliver", "hands a message out", (T.DELIVERED_TWICE, T.OUT_OF_ORDER, T.NOT_INVOKED), 10, 0)

PEEK = _aws("letters", "peek", "looks at the dead letters")
MOVE_ALL = _aws("letters", "move_all", "starts a move task")
MOVE = _aws("letters", "move", "sends a letter back")
REMOVE = _aws("letters", "remove", "removes a letter")
COUNT = _aws("letters", "count", "counts the dead letters")

TRANSCRIBE = Site("openai", "transcribe", "has OpenAI listen", (*OPENAI, T.REJECTED, T.BILLED_AND_LOST), 3_000, 120_000)
ANALYSE = Site(
    "openai", "analyse", "has OpenAI think", (*OPENAI, T.MALFORMED, T.REFUSED, T.FILTERED, T.TRUNCATED), 2_000, 120_000
)

SITES_OF_PORT: dict[str, list[Site]] = {}
for _site in SITES:
    SITES_OF_PORT.setdefault(_site.port, []).append(_site)
SITE_OF = {site.name: site for site in SITES}
