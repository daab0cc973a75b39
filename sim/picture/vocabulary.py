"""Lanes, tones and glyphs of the picture, and short names of AWS resources."""

from sim.app import APP

LANES = tuple(APP.lanes)

OK, WAIT, WARNING, ERROR, MINOR, ACTION = "ok", "wait", "warning", "error", "minor", "action"
"""Tones. WARNING: a retry or refusal from which the pipeline recovers by itself. MINOR: rarely of interest.
ACTION: done by a client, an operator or the scenario."""

DOT, RING, CROSS, DIAMOND, NONE = "dot", "ring", "cross", "diamond", "none"
"""Glyphs. A ring contains a receive count. NONE: the event is in lists only, because a bar shows it."""

MEMORY, MESSAGE = "memory", "message"
"""Kinds of subjects."""

JOBS, DEAD = "jobs", "dead"
"""The two queues of a pipeline: of its jobs, and of its dead letters."""


def queue_of(name: str) -> str:
    """Whether a queue is the one of the jobs or the one of the dead letters."""
    return DEAD if name.endswith(("dead-letters", "dlq")) else JOBS


def lane_of_queue(name: str) -> str:
    """Dead-letter queues have a lane of their own."""
    return "DLQ" if queue_of(name) == DEAD else "SQS"


def short_name_of(resource: str) -> str:
    """The name of a function, role or user without the name of its pipeline: `worker`."""
    return resource.rpartition("-")[2]
