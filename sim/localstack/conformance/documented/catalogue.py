"""Every check of documented behaviour, by service. A new module of checks is one more line here."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from sim.localstack.conformance.check import Check, CheckResult, try_check
from sim.localstack.conformance.documented import function_urls, signatures, smaller_services
from sim.localstack.conformance.documented.lambda_ import functions as lambda_functions
from sim.localstack.conformance.documented.lambda_ import invocations as lambda_invocations
from sim.localstack.conformance.documented.lambda_ import mappings as lambda_mappings
from sim.localstack.conformance.documented.lambda_ import storage as lambda_storage
from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.documented.s3 import all_checks as s3
from sim.localstack.conformance.documented.smaller import all_checks as smaller
from sim.localstack.conformance.documented.sqs import all_checks as sqs
from sim.localstack.conformance.target import Target

MODULES: tuple[Checks, ...] = (
    *sqs.MODULES,
    *s3.MODULES,
    signatures.SIGNATURES,
    function_urls.URLS,
    *smaller_services.MODULES,
    *smaller.MODULES,
    lambda_functions.FUNCTIONS,
    lambda_invocations.INVOCATIONS,
    lambda_mappings.MAPPINGS,
    lambda_storage.STORAGE,
)

PARALLEL = 8


def all_checks() -> list[Check]:
    """Every check; those of a service stand together, services in the order of `MODULES`."""
    services = dict.fromkeys(each.service for each in MODULES)
    return [check for service in services for each in MODULES if each.service == service for check in each.all]


def run(checks: Sequence[Check], target: Target) -> Iterable[CheckResult]:
    """Run checks in parallel; then, one by one, those that let time pass. Results come in the order of the checks."""
    with ThreadPoolExecutor(PARALLEL) as in_parallel:
        pending = {each.name: in_parallel.submit(try_check, each, target) for each in checks if not each.passes_time}
        results = {name: each.result() for name, each in pending.items()}
    for each in checks:
        yield results.get(each.name) or try_check(each, target)
