"""Terraform in one folder, with the keys of a delivery's roles: plans by the plan role, all else by the deploy role."""

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, Semaphore

from sim.cloud.delivery import Delivery
from sim.cloud.servers import Cloud
from sim.provisioning.errors import TerraformError
from sim.provisioning.terraform import Terraform

IDLE_SECONDS = 420.0
"""A command that makes no progress for this long has failed. There is no limit of the whole: machines differ."""

ONE_DAY_SECONDS = 86400.0

CHANGES = 2
"""Exit code of `terraform plan -detailed-exitcode` when the plan has changes."""

_WAITS = ("apply", "destroy")
"""Commands that mostly wait, once their first resource has begun."""


class RoleTerraform:
    """Each method runs one command to its end. Raises TerraformError."""

    def __init__(
        self,
        folder: Path,
        cloud: Cloud,
        delivery: Delivery,
        turns: Semaphore,
        secrets: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:
        """`turns` is taken while a command uses a processor: the provider gives up when it takes a minute to start."""
        self.folder = folder
        self._cloud, self._delivery, self._turns = cloud, delivery, turns
        self._secrets, self._progress = secrets, progress
        self._keys: dict[str, dict[str, str]] = {}
        self._running: Terraform | None = None
        self._stopped = False

    def bootstrap(self) -> None:
        """Apply `terraform/bootstrap` as the administrator."""
        terraform = Terraform(self.folder / "bootstrap", self._cloud.environment())
        self._run(terraform, "init", "-no-color")
        given = [f"-var={name}={value}" for name, value in self._delivery.variables().items()]
        self._run(terraform, "apply", "-no-color", "-auto-approve", *given)

    def init(self, topology: str) -> None:
        """Connect to the state in the bucket."""
        settings = [f"-backend-config={name}={value}" for name, value in self._delivery.backend(topology).items()]
        self.deploy("init", "-no-color", *settings)

    def plan(self, name: str, *arguments: str) -> tuple[str, bool]:
        """A plan into a file, by the plan role, which may not lock. Returns the output, and whether it has changes."""
        terraform = self._as("plan")
        given = (f"-out={name}.tfplan", "-lock=false", "-detailed-exitcode", *arguments)
        printed = self._run(terraform, "plan", "-no-color", *given, accept=(0, CHANGES))
        return printed, terraform.exit_code == CHANGES

    def deploy(self, *arguments: str) -> str:
        """Any command by the deploy role. Returns its output."""
        return self._run(self._as("deploy"), *arguments)

    def keys(self, role: str) -> dict[str, str]:
        """The keys of one session of a role."""
        if role not in self._keys:
            self._keys[role] = self._delivery.keys(role)
        return self._keys[role]

    def interrupt(self) -> None:
        """Stop the command of another thread, as Ctrl-C would, and start no other."""
        self._stopped = True
        if self._running is not None:
            self._running.interrupt()

    def _as(self, role: str) -> Terraform:
        return Terraform(self.folder, {**self._cloud.environment(), **self._secrets, **self.keys(role)})

    def _run(self, terraform: Terraform, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        turn = _Turn(self._turns)

        def on_line(line: str) -> None:
            if arguments[0] in _WAITS and ": " in line:
                turn.end()
            self._progress(line)

        try:
            if self._stopped:
                raise TerraformError("interrupted")
            self._running = terraform
            return terraform.run(
                *arguments, timeout_seconds=ONE_DAY_SECONDS, idle_seconds=IDLE_SECONDS, progress=on_line, accept=accept
            )
        finally:
            turn.end()


class _Turn:
    """A place among the Terraforms that use a processor; any thread may give it back, once."""

    def __init__(self, turns: Semaphore) -> None:
        self._turns, self._lock, self._taken = turns, Lock(), True
        turns.acquire()

    def end(self) -> None:
        with self._lock:
            if self._taken:
                self._taken = False
                self._turns.release()
