"""The conformance checks of an emulator that nobody has tried here, before the first scenario.

Every scenario needs `REQUIRED`: where one of these fails, no scenario runs. `CAPABILITY_CHECKS` decide about one
capability each: scenarios that need it are skipped where its check fails. `REPORTED` are printed only.
"""

from collections.abc import Sequence
from datetime import timedelta

import boto3

from sim.engines.base.engine import Capability
from sim.localstack.conformance import suite
from sim.localstack.conformance.suite import CheckResult, Target

LIMIT = timedelta(seconds=30)
ATTEMPTS = 3

REQUIRED = ("dead-letter-queue", "runtime", "partial-batch-responses")
CAPABILITY_CHECKS = {"redrive": Capability.REDRIVE, "exact-bodies": Capability.EXACT_BODIES}
REPORTED = ("parallel-batches", "function-logs", "mapping-validation")
CHECKS = (*REQUIRED, *CAPABILITY_CHECKS, *REPORTED)


def run_checks(session: boto3.Session, endpoint_url: str, account: str, prefix: str) -> list[CheckResult]:
    """Run every check; all that they create has a name with this prefix, and is removed again."""
    target = Target(session, endpoint_url, account, prefix=f"{prefix}probe-", limit=LIMIT, attempts=ATTEMPTS)
    return suite.run(target, CHECKS)


def lacking(results: Sequence[CheckResult]) -> dict[Capability, str]:
    """The capabilities that the emulator lacks, each with the reason."""
    return {
        CAPABILITY_CHECKS[each.check.name]: each.failure
        for each in results
        if each.failure and each.check.name in CAPABILITY_CHECKS
    }


def blocking(results: Sequence[CheckResult]) -> list[str]:
    """The reasons for which no scenario can run."""
    return [each.failure for each in results if each.failure and each.check.name in REQUIRED]
