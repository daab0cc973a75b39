"""What happens to a message after its job was handled."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The job is done, or there is nothing to do: SQS may delete the message."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The message goes back to the queue. `after_seconds` None keeps the queue's own visibility timeout."""

    after_seconds: int | None


type JobOutcome = Acknowledged | Returned
