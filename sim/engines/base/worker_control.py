"""The worker's function, controlled as an operator or a failing machine would: kill, freeze, deploy, throttle."""

import contextlib
import io
import os
import signal
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from sim.clock.clocks import RealClock
from sim.engines.base.introspection import Introspection
from sim.engines.base.throttling import AttemptCounter, Throttling
from sim.journal.journal import Journal

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


UPDATED_WITHIN = timedelta(seconds=30)


class FunctionProcesses(Protocol):
    """The processes or containers that run functions."""

    def pids(self, function: str) -> list[int]:
        """Process ids that run the function now."""

    def signal(self, function: str, signal_number: signal.Signals) -> int:
        """Send a signal to all of them; returns how many there were."""


class LocalFunctionProcesses:
    """Function processes on this machine, as the emulator lists them."""

    def __init__(self, introspection: Introspection) -> None:
        self._introspection = introspection

    def pids(self, function: str) -> list[int]:
        return self._introspection.function_processes(function)

    def signal(self, function: str, signal_number: signal.Signals) -> int:
        pids = self.pids(function)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        return len(pids)


def in_the_request(package: bytes) -> Mapping[str, str | bytes]:
    """The code arguments of UpdateFunctionCode with the package in the request itself."""
    return {"ZipFile": package}


@dataclass(frozen=True)
class WorkerCode:
    """The worker's deployment package, and how it gets to Lambda."""

    package: bytes
    code_arguments: Callable[[bytes], Mapping[str, str | bytes]] = in_the_request
    """Makes the code arguments of UpdateFunctionCode from a package; may upload it first."""

    def new_version(self, package: bytes | None = None) -> Mapping[str, str | bytes]:
        """Code arguments for the same code, or that of another package, under another digest."""
        return self.code_arguments(with_marker(package or self.package, f"deployed-{uuid.uuid4().hex}"))


def with_marker(package: bytes, name: str) -> bytes:
    """The same zip with one more, empty, file in it."""
    changed = io.BytesIO(package)
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr(name, b"")
    return changed.getvalue()


def update_code(lambda_: "LambdaClient", function: str, code: Mapping[str, str | bytes]) -> None:
    """UpdateFunctionCode, given its code arguments. Right afterwards, the version before may still be invoked."""
    lambda_.update_function_code(FunctionName=function, **code)  # type: ignore[arg-type]


def wait_until_updated(lambda_: "LambdaClient", function: str) -> None:
    """Wait until invocations get the new version. Raises RuntimeError."""

    def is_updated() -> bool:
        return lambda_.get_function_configuration(FunctionName=function)["LastUpdateStatus"] == "Successful"

    if not RealClock().wait_until(is_updated, UPDATED_WITHIN):
        raise RuntimeError(f"the new version of {function} was not there within {UPDATED_WITHIN.seconds} s")


class WorkerControl:
    """The worker's function of one pipeline."""

    def __init__(
        self,
        function: str,
        lambda_: "LambdaClient",
        processes: FunctionProcesses,
        code: WorkerCode,
        journal: Journal,
        attempts: Callable[[], AttemptCounter],
    ) -> None:
        """`attempts` starts to count the invocations that Lambda throttles."""
        self.function = function
        self._lambda = lambda_
        self._processes = processes
        self._code = code
        self._journal = journal
        self._attempts = attempts

    def processes(self) -> list[int]:
        """Process ids that run the function now."""
        return self._processes.pids(self.function)

    def kill(self) -> int:
        """SIGKILL every process of the function; returns how many there were."""
        count = self._processes.signal(self.function, signal.SIGKILL)
        self._journal.write("worker_killed", process_count=count)
        return count

    def freeze(self) -> int:
        """SIGSTOP every process of the function; returns how many there were."""
        count = self._processes.signal(self.function, signal.SIGSTOP)
        self._journal.write("worker_suspended", process_count=count)
        return count

    def deploy(self, package: bytes | None = None) -> None:
        """Deploy a new version of the function: the same code, or that of another package, under another digest."""
        update_code(self._lambda, self.function, self._code.new_version(package))
        self._journal.write("worker_deployed")

    def wait_until_deployed(self) -> None:
        """Wait until invocations get the version that was deployed last. Raises RuntimeError."""
        wait_until_updated(self._lambda, self.function)

    def reserve_concurrency(self, reserved: int | None) -> None:
        """Set the function's reserved concurrency; None removes the reservation, as Terraform deploys it."""
        if reserved is None:
            self._lambda.delete_function_concurrency(FunctionName=self.function)
        else:
            self._lambda.put_function_concurrency(FunctionName=self.function, ReservedConcurrentExecutions=reserved)
        self._journal.write("worker_concurrency_changed", reserved_concurrency=reserved)

    def throttle(self) -> Throttling:
        """Reserve a concurrency of 0 until the returned throttling is stopped."""
        return Throttling(self.reserve_concurrency, self._attempts())
