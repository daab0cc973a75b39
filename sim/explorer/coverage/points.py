"""The moments that a run must have reached: without them, a run without violations proves nothing about an invariant.

There is a point for every situation that the product handles explicitly. The report of a run counts for each point the
worlds that reached it.
"""

from enum import IntEnum


class CoveragePoint(IntEnum):
    """`description` says what happened."""

    description: str

    def __new__(cls, description: str) -> "CoveragePoint":
        number = len(cls.__members__)
        point = int.__new__(cls, number)
        point._value_ = number
        point.description = description
        return point

    LEASE_TAKEN_OVER = "an expired lease was taken over"
    DUPLICATE_WHILE_PROCESSING = "a message was received while another worker held the lease"
    MESSAGE_FOR_FINISHED = "a message was received for a finished memory"
    MESSAGE_FOR_DELETED = "a message was received for a deleted memory"
    MESSAGE_FOR_UNKNOWN = "a message was received for a memory that never existed"
    AWAITING_DEAD_LETTER = "a message was received again after its last receive had failed the memory"
    LEASE_LOST = "a worker had lost its lease when it committed"
    LEASE_LOST_TWICE = "a lease was lost twice in one invocation"
    OLD_TOMBSTONE = "a late job met an old tombstone"
    KEPT_FOR_DAYS = "a failed memory was kept for days and then completed"
    REDRIVE_INTERRUPTED = "the operator was interrupted between two calls of a redrive"
    SHORT_RECEIVE = "a receive gave fewer dead letters than there were"
    UPLOADED_IN_PARTS = "an upload of several parts was accepted"
    DIRECT_KEY_REPEATED = "a repeated idempotency key of a direct upload gave another form for the same memory"
    DELETED_WHILE_PROCESSING = "a memory was deleted while a worker processed it"
    COMMIT_AFTER_DEADLINE_REFUSED = "a commit was refused to a worker that had outlived its deadline"
    COMMIT_REPEATED = "a commit whose answer was lost was repeated and had no second effect"
    ACCEPT_REPEATED = "an accept whose answer was lost was repeated and made one memory"
    RESUMED_AFTER_TRANSCRIPT = "processing resumed from a saved transcript, which was not paid for again"
    KILLED_AT_DEADLINE = "a suspended worker was killed at its deadline"
    SHORTENED_TIMEOUT = "a call to OpenAI had a shortened timeout, because the deadline was near"
    RETRY_AFTER = "OpenAI sent Retry-After"
    RETRIED_IN_INVOCATION = "a call to OpenAI was retried in the same invocation"
    LAST_RECEIVE_FAILED = "the last receive failed a memory"
    FAILED_AT_ONCE = "a memory failed before its last receive"
    DEAD_LETTERED = "a message was dead-lettered"
    POISON_DEAD_LETTERED = "poison was dead-lettered"
    DEAD_LETTER_WITHOUT_FAILURE = "a message was dead-lettered although no worker had failed its memory"
    ABANDONED = "the sweep failed a memory that no message would ever reach"
    FAILED_THEN_COMPLETE = "a failed memory was completed after a redrive"
    REDRIVE_OF_FINISHED = "a redrive moved a message of a finished memory"
    REDRIVE_DURING_OUTAGE = "the operator redrove while OpenAI was down"
    REDRIVEN_TWICE = "the same memory was redriven twice"
    RELAY_SENT = "the relay sent a job that intake could not send"
    RELAY_REDROVE = "the relay sent a dead letter again whose memory no worker had given up"
    SENT_TWICE = "a job was sent twice"
    SEND_ARRIVED_LATE = "a job arrived long after its sender had got an error"
    ANALYSIS_QUEUED_AGAIN = "the sweep queued an analysis again"
    ANALYSIS_AFTER_FAILURE = "an analysis succeeded after it had failed"
    ANALYSIS_GIVEN_UP = "an analysis was given up"
    KEY_REPEATED = "a repeated idempotency key returned the memory that it had made"
    KEY_CONFLICT = "an idempotency key was used for other content"
    KEY_OF_DELETED = "an idempotency key was used after its memory was deleted"
    CONCURRENT_UPLOADS = "two uploads with one idempotency key ran at the same time"
    ANSWERED_503 = "an upload was answered 503 and sent again"
    NOT_AUDIO = "an upload that is no audio was refused"
    UPLOAD_ABANDONED = "a client disconnected during its upload"
    DEPLOY_KILLED_UPLOAD = "a deployment of the API ended a running upload"
    ORPHAN_SWEPT = "audio that belonged to no memory was removed"
    AUDIO_MISSING_AT_FETCH = "a memory failed because its audio was missing"
    DELIVERED_TWICE = "one message was with two workers at the same time"
    OUT_OF_ORDER = "messages were delivered in another order"
    ACKNOWLEDGEMENT_FAILED = "a processed message was not deleted and was delivered again"
    WORKER_CRASHED = "a worker ended with an undeclared error of a port"
    DIRECT_UPLOAD_SUBMITTED = "a direct upload was submitted and accepted"
    DIRECT_UPLOAD_SUBMITTED_TWICE = "a direct upload was submitted twice, without a second effect"
    DIRECT_UPLOAD_REFUSED = "a direct upload that is no audio was refused and removed"
    DIRECT_UPLOAD_SWEPT = "a direct upload that was never submitted was removed"
    MEMORY_RETRIED = "a failed memory was queued again at its owner's request"
    ANALYSIS_RETRIED = "an analysis that was given up was queued again at its owner's request"
    CONCURRENT_RELAYS = "two runs of the relay ran at the same time"
