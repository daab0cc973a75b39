"""The steps of RAWK's API and worker at which the harness can stop them, and the commits that it recognises."""

import re
from collections.abc import Mapping
from typing import Literal

from sim.app.protocol import StopPoint

Commit = Literal["accept", "claim", "transcript", "analysis", "failure"]
ApiStep = Literal["store", "accept", "send"]
"""Audio put into S3, memory and outbox row committed, job sent to SQS."""
WorkerStep = Literal["claim", "fetch", "transcript", "analysis", "return"]
"""Claim committed, audio fetched, transcript committed, analysis committed, job returned to the queue."""

COMMITS: Mapping[str, re.Pattern[str]] = {
    "accept": re.compile(r"INSERT INTO outbox\b"),
    "claim": re.compile(r"UPDATE memories SET .*\battempts="),
    "transcript": re.compile(r"UPDATE memories SET .*\btranscript="),
    "analysis": re.compile(r"UPDATE memories SET .*\bcompleted_under="),
    "failure": re.compile(r"UPDATE memories SET (?!.*\b(attempts|completed_under)=).*\bfailed_message_id="),
}

API_STEPS: Mapping[str, StopPoint] = {
    "store": StopPoint("the audio is stored", call={"service": "s3", "operation": "PutObject"}),
    "accept": StopPoint("the recording is accepted", commit="accept"),
    "send": StopPoint("the job is sent", call={"service": "sqs", "operation": "SendMessage"}, resource="jobs_queue"),
}

WORKER_STEPS: Mapping[str, StopPoint] = {
    "claim": StopPoint("its claim is committed", commit="claim"),
    "fetch": StopPoint("the audio is fetched", call={"service": "s3", "operation": "GetObject"}),
    "transcript": StopPoint("the transcript is committed", commit="transcript"),
    "analysis": StopPoint("the analysis is committed", commit="analysis"),
    "return": StopPoint(
        "the job is returned to the queue",
        call={"service": "sqs", "operation": "ChangeMessageVisibility"},
        resource="jobs_queue",
    ),
}
