"""The named checks, and the one runner.

To add a check: a function in one of the modules beside this one, a line in `CHECKS`, and its name in the selection of
each user that wants it.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sim.localstack.conformance import chaos_checks, function_checks, mapping_checks, queue_checks
from sim.localstack.conformance.check import FAILURES, Check, CheckResult, try_check
from sim.localstack.conformance.target import NotConformant, Target

__all__ = ["CHECKS", "FAILURES", "Check", "CheckResult", "NotConformant", "Target", "report", "require", "run"]

CHECKS = {
    check.name: check
    for check in (
        Check("services", "S3 and SQS answer", function_checks.services),
        Check("invocation", "a function is created, invoked and deleted", function_checks.invocation),
        Check(
            "dead-letter-queue",
            "queues hide, count, and dead-letter messages, byte for byte",
            queue_checks.dead_letter_queue,
        ),
        Check("redrive", "a dead-letter queue is redriven, and redriven messages are new", queue_checks.redrive),
        Check("runtime", "functions run on Python 3.13 and reach this machine", function_checks.runtime),
        Check("memory-limit", "a function that takes more than its MemorySize is killed", function_checks.memory_limit),
        Check(
            "reserved-concurrency",
            "a function without concurrency is throttled",
            function_checks.reserved_concurrency,
        ),
        Check("function-logs", "what functions print is in CloudWatch Logs", function_checks.function_logs),
        Check(
            "partial-batch-responses",
            "messages that a function returns are delivered again",
            mapping_checks.partial_batch_responses,
        ),
        Check("exact-bodies", "functions get SQS bodies byte for byte", mapping_checks.exact_bodies),
        Check("parallel-batches", "a mapping runs batches in parallel", mapping_checks.parallel_batches),
        Check("mapping-validation", "mappings that AWS refuses are refused", mapping_checks.mapping_validation),
        Check("chaos-api", "the Chaos API's rules are obeyed", chaos_checks.chaos_api),
    )
}


def run(target: Target, names: Sequence[str]) -> list[CheckResult]:
    """Run checks in parallel, in the order of the names; a check that fails stops no other."""
    with ThreadPoolExecutor(len(names)) as in_parallel:
        return list(in_parallel.map(lambda name: try_check(CHECKS[name], target), names))


def require(target: Target, *names: str) -> None:
    """Run checks one after the other. Raises one of FAILURES at the first that fails."""
    for name in names:
        CHECKS[name].try_on(target)


def report(results: Iterable[CheckResult]) -> list[str]:
    """A line for each check that failed, and one with the counts."""
    results = list(results)
    failed = [
        f"check failed: {each.check.name} ({each.check.claim}): {each.failure}" for each in results if each.failure
    ]
    return [*failed, f"conformance: {len(results) - len(failed)} of {len(results)} checks passed"]
