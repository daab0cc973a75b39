"""The steps of RAWK's API and worker at which the harness can stop them, and the commits that it recognises."""

import re
from collections.abc import Mapping
from typing import Literal

from sim.app.protocol import StopPoint

Commit = Literal["accept", "claim", "transcript", "analysis", "failure", "deletion", "sent"]
ApiStep = Literal["store", "copy", "accept", "send", "deletion"]
"""`store`: audio stored in S3 · `copy`: audio of a direct upload copied · `accept`: memory and outbox row committed ·
`send`: job sent to SQS · `deletion`: row removed and tombstone committed."""
WorkerStep = Literal["claim", "fetch", "transcript", "analysis", "return"]
"""`claim`: claim committed · `fetch`: audio fetched · `transcript`, `analysis`: committed · `return`: job returned."""

COMMITS: Mapping[str, re.Pattern[str]] = {
    "accept": re.compile(r"INSERT INTO outbox\b"),
    "claim": re.compile(r"UPDATE memories SET .*\battempts="),
    "transcript": re.compile(r"UPDATE memories SET .*\btranscript="),
    "analysis": re.compile(r"UPDATE memories SET .*\bcompleted_under="),
    "failure": re.compile(r"UPDATE memories SET (?!.*\b(attempts|completed_under)=).*\bfailed_message_id="),
    "deletion": re.compile(r"INSERT INTO deleted_memories\b"),
    "sent": re.compile(r"DELETE FROM outbox WHERE outbox\.id = "),
}

API_STEPS: Mapping[str, StopPoint] = {
    "store": StopPoint("it stores the audio", call={"service": "s3", "operation": "PutObject"}),
    "copy": StopPoint("it copies the uploaded audio", call={"service": "s3", "operation": "CopyObject"}),
    "accept": StopPoint("it commits the recording", commit="accept"),
    "send": StopPoint("it sends the job", call={"service": "sqs", "operation": "SendMessage"}, resource="jobs_queue"),
    "deletion": StopPoint("it commits the deletion", commit="deletion"),
}

WORKER_STEPS: Mapping[str, StopPoint] = {
    "claim": StopPoint("it commits its claim", commit="claim"),
    "fetch": StopPoint("it fetches the audio", call={"service": "s3", "operation": "GetObject"}),
    "transcript": StopPoint("it commits the transcript", commit="transcript"),
    "analysis": StopPoint("it commits the analysis", commit="analysis"),
    "return": StopPoint(
        "it returns the job to the queue",
        call={"service": "sqs", "operation": "ChangeMessageVisibility"},
        resource="jobs_queue",
    ),
}
