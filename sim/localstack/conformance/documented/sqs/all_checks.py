"""The modules of checks of SQS."""

from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.documented.sqs import (
    batches,
    errors,
    moving,
    policies,
    queues,
    receiving,
    sending,
    sharing,
    timers,
)

MODULES: tuple[Checks, ...] = (
    queues.SQS,
    policies.SQS,
    sending.SQS,
    batches.SQS,
    receiving.SQS,
    timers.SQS,
    moving.SQS,
    sharing.SQS,
    errors.SQS,
)
