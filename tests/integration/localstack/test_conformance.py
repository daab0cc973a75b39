"""Every check of documented behaviour, on the emulator: as AWS, or different exactly as declared."""

from collections.abc import Iterator

import pytest

from sim.localstack.conformance.check import Check, try_check
from sim.localstack.conformance.documented.catalogue import all_checks
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE
from sim.localstack.server import LocalStack


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("conformance")
    clock = {CLOCK_VARIABLE: str(folder / "state" / "clock")}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=clock, settings={}) as running:
        yield running


IN_ORDER = sorted(all_checks(), key=lambda check: check.passes_time)
"""Those that let time pass come last: afterwards the emulator's time is ahead of this process's."""


@pytest.mark.parametrize("check", IN_ORDER, ids=lambda check: check.name)
def test_the_emulator_does_what_aws_documents_or_differs_as_declared(emulator: LocalStack, check: Check) -> None:
    result = try_check(check, emulator.target)

    assert result.is_as_declared, f"{check.claim}; ours: {result.failure}; declared: {check.deviation}; {check.source}"
