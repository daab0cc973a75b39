"""The numbers that a world uses: those that Terraform deploys; none is written a second time."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from rawk.config import AnalysisRetry, QueueLimits
from rawk.use_cases.processing import ProcessingPolicy
from rawk.use_cases.recovery import RecoveryPolicy
from sim.provisioning.pipeline import Limits
from sim.provisioning.rendering import Rendering

TOPOLOGY = "core"


@dataclass(frozen=True, slots=True)
class Policies:
    """The arguments of the product's use cases."""

    limits: Limits
    processing: ProcessingPolicy
    recovery: RecoveryPolicy
    outbox_grace: timedelta


@cache
def policies() -> Policies:
    limits = Limits(**Rendering.load(TOPOLOGY).outputs["limits"])
    queue = QueueLimits(limits.visibility_timeout_seconds, limits.max_receive_count, limits.jobs_retention_seconds)
    analysis = AnalysisRetry(limits.analysis_retry_base_seconds, limits.analysis_retry_limit)
    grace = timedelta(seconds=limits.outbox_grace_seconds)
    orphans = timedelta(seconds=limits.orphan_audio_after_seconds)
    return Policies(
        limits=limits,
        processing=ProcessingPolicy(queue, limits.lease_seconds, analysis, limits.openai_timeout_seconds),
        recovery=RecoveryPolicy(queue, limits.lease_seconds, analysis, grace, orphans),
        outbox_grace=grace,
    )
