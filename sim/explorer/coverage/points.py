"""What a run must have reached: a promise that nothing ever put to the test was not kept, only left alone.

Each mark stands where the design says that something matters. A run's table counts the worlds that reached it.
"""

from enum import IntEnum


class Mark(IntEnum):
    """`words` of each say what was reached."""

    words: str

    def __new__(cls, words: str) -> "Mark":
        number = len(cls.__members__)
        mark = int.__new__(cls, number)
        mark._value_ = number
        mark.words = words
        return mark

    LEASE_TAKEN_OVER = "an expired lease was taken over"
    DUPLICATE_WHILE_WORKING = "a message came while another worker held the lease"
    CAME_TOO_LATE = "a message came for a memory that was finished"
    CAME_FOR_DELETED = "a message came for a memory that was deleted"
    CAME_FOR_UNKNOWN = "a message named a memory that never was"
    ON_ITS_WAY_OUT = "a message came back to the memory that it had failed"
    LEASE_LOST = "a worker found its lease lost when it wanted to commit"
    LOST_BY_DELETION = "a memory was deleted while a worker was at it"
    ZOMBIE_REFUSED = "a worker whose time was long over was refused a commit"
    COMMIT_REPEATED = "a commit whose answer was lost was repeated, and nothing happened twice"
    ACCEPT_REPEATED = "an accept whose answer was lost was repeated, and made one memory"
    RESUMED_AFTER_TRANSCRIPT = "work went on from a saved transcript, and nobody paid for it again"
    KILLED_AT_DEADLINE = "a worker stood still until its time was over, and was killed"
    SHORT_OF_TIME = "OpenAI was asked with less than its usual time, because the deadline was near"
    RETRY_AFTER = "OpenAI said how long to wait"
    RETRIED_IN_PLACE = "a question to OpenAI was repeated in the same invocation"
    LAST_RECEIVE_FAILED = "the last receive failed a memory"
    FAILED_AT_ONCE = "a memory failed on an early receive"
    DEAD_LETTER = "a message was dead-lettered"
    POISON_DEAD = "poison was dead-lettered"
    WORN_OUT_UNTOLD = "a message was dead-lettered although no worker had failed its memory"
    ABANDONED = "the sweep failed what no message would ever reach"
    FAILED_THEN_COMPLETE = "a failed memory was completed after a redrive"
    REDRIVE_MET_FINISHED = "a redrive met a memory that was finished"
    REDRIVE_DURING_OUTAGE = "somebody redrove while OpenAI was down"
    REDRIVEN_TWICE = "the same memory was redriven twice"
    RELAY_SENT = "the relay sent what intake could not"
    SENT_TWICE = "a job was sent twice"
    SEND_ARRIVED_LATE = "a job that its sender gave up on arrived long afterwards"
    ANALYSIS_QUEUED_AGAIN = "the sweep queued an analysis again"
    ANALYSIS_CAUGHT_UP = "an analysis that had failed arrived later"
    ANALYSIS_GIVEN_UP = "an analysis was given up"
    SAME_KEY_SAME_MEMORY = "a repeated key gave the memory it had made"
    KEY_CONFLICT = "a key came with other content"
    KEY_OF_DELETED = "a key came back after its memory was deleted"
    DOUBLE_SUBMIT = "two uploads with one key were under way at once"
    REFUSED_503 = "an upload was answered 503 and tried again"
    NOT_AUDIO = "an upload that is no audio was refused"
    UPLOAD_GIVEN_UP = "a client left in the middle of its upload"
    DEPLOY_KILLED_UPLOAD = "a deploy ended an upload in mid-flight"
    ORPHAN_SWEPT = "audio that no memory knew was removed"
    AUDIO_VANISHED = "a memory failed because its audio was gone"
    DELIVERED_TWICE = "one message was with two workers at once"
    OUT_OF_ORDER = "messages were handed out in another order"
    DELETE_FAILED = "a message that was worked off was not deleted, and came back"
    WORKER_CRASHED = "a worker ended with an error that nobody had thought of"
    SUBMITTED_STRAIGHT = "what had been uploaded straight to the store was submitted and accepted"
    SUBMITTED_AGAIN = "what had been submitted was submitted once more, and nothing happened twice"
    UPLOAD_WITHDRAWN = "what was uploaded straight to the store and is no recording was refused and removed"
    UPLOAD_FORGOTTEN = "an upload that nobody submitted was forgotten"
    RETRIED = "a failed memory was queued again because its owner asked"
    ANALYSIS_ASKED_AGAIN = "a given-up analysis was queued again because its owner asked"
    RELAYS_AT_ONCE = "two runs of the relay were under way at once"
