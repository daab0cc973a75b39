"""Runs Terraform in its own folder, with a timeout for each command and Terraform's error output in failures."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sim.provisioning.errors import TerraformError

__all__ = ["CONFIGURATION", "Terraform", "copy_configuration", "find_terraform"]

CONFIGURATION = Path(__file__).parents[2] / "terraform"

_STOP_SECONDS = 30
"""How long an interrupted Terraform may take to write its state before it is killed."""

_WAITING = ": Still "
"""In a line that Terraform prints every ten seconds while a resource is not complete."""

_LOOK_EVERY_SECONDS = 1.0

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def find_terraform() -> str:
    """Path of the terraform binary. Raises TerraformError when there is none."""
    found = shutil.which("terraform")
    if found is None:
        raise TerraformError("There is no terraform on the PATH; scenarios do not need it, but this command does.")
    return found


_LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
"""Terraform merges `*_override.tf` into the rest: https://developer.hashicorp.com/terraform/language/files/override"""


def copy_configuration(folder: Path, source: Path = CONFIGURATION) -> Path:
    """Copy the configuration into a work folder, so that state and provider links never land in the checkout.

    Its state is a file in that folder, not the deployed pipeline's in S3. Raises TerraformError outside a checkout,
    where there is no configuration.
    """
    if not (source / "main.tf").is_file():
        raise TerraformError(f"There is no Terraform configuration at {source}; run this from a checkout.")
    left_out = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*_override.tf", "deploy")
    shutil.copytree(source, folder, ignore=left_out, dirs_exist_ok=True)
    (folder / "backend_override.tf").write_text(_LOCAL_STATE, encoding="utf-8")
    return folder


class Terraform:
    """Terraform in one work folder. Each call waits for its end, for at most `timeout_seconds`."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._binary = find_terraform()
        self._environment = _clean_environment() | dict(environment or {})
        self._running: subprocess.Popen[str] | None = None
        self.exit_code: int | None = None
        """Exit code of the last command."""

    def run(
        self,
        *arguments: str,
        timeout_seconds: float = 120,
        idle_seconds: float | None = None,
        progress: Callable[[str], None] | None = None,
        accept: Sequence[int] = (0,),
    ) -> str:
        """Run one Terraform command. Returns its output.

        `progress` is called with each line at once. Raises TerraformError with Terraform's error output when the exit
        code is not in `accept`, the timeout is over, or no resource has made progress for `idle_seconds`.
        """
        command = [self._binary, *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches Terraform once, through _stop, not twice
        )
        self._running = process
        printed, errors = _Lines(process.stdout, progress), _Lines(process.stderr, None)
        try:
            code = _ended(process, printed, timeout_seconds, idle_seconds or timeout_seconds)
        except subprocess.TimeoutExpired as late:
            _stop(process)
            raise TerraformError(
                f"terraform {arguments[0]} was stopped after {late.timeout:.0f} s"
                f"{'' if late.timeout == timeout_seconds else ' without progress'}: {errors.text().strip()}"
            ) from None
        except BaseException:
            _stop(process)
            raise
        self.exit_code = code
        if code not in accept:
            raise TerraformError(_failure(arguments, code, printed.text(), errors.text()))
        return printed.text()

    def interrupt(self) -> None:
        """Stop the command of another thread, as Ctrl-C would; that thread gets a TerraformError."""
        if self._running is not None:
            _stop(self._running)


class _Lines:
    """Reads one pipe to its end in a thread, so that a full pipe cannot block Terraform."""

    def __init__(self, pipe: object, on_line: Callable[[str], None] | None) -> None:
        self._lines: list[str] = []
        self._on_line = on_line
        self._pipe = pipe
        self.progress_at = time.monotonic()
        """When the last line came that says more than that Terraform still waits."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe as pipe:  # type: ignore[attr-defined]
            for line in pipe:
                self._lines.append(_ANSI.sub("", line))
                if _WAITING not in line:
                    self.progress_at = time.monotonic()
                if self._on_line and line.strip():
                    self._on_line(self._lines[-1].rstrip())

    def text(self) -> str:
        self._thread.join(timeout=10)
        return "".join(self._lines)


def _ended(process: subprocess.Popen[str], printed: _Lines, timeout_seconds: float, idle_seconds: float) -> int:
    """The exit code. Raises TimeoutExpired with the limit that is over."""
    ends_at = time.monotonic() + timeout_seconds
    while True:
        now = time.monotonic()
        left = min(ends_at, printed.progress_at + idle_seconds) - now
        if left <= 0:
            raise subprocess.TimeoutExpired(process.args, timeout_seconds if ends_at <= now else idle_seconds)
        try:
            return process.wait(min(left, _LOOK_EVERY_SECONDS))
        except subprocess.TimeoutExpired:
            continue


def _stop(process: subprocess.Popen[str]) -> None:
    """SIGINT first: Terraform then ends its providers and writes its state. After SIGKILL it leaves both behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)  # its own session, so the providers go with it
        process.wait(_STOP_SECONDS)


def _failure(arguments: Sequence[str], code: int, printed: str, errors: str) -> str:
    output = "\n".join(line for line in (errors or printed).splitlines() if line.strip(" ╷│╵"))
    return f"terraform {arguments[0]} failed with exit code {code}:\n{output or '(no output)'}"


def _clean_environment() -> dict[str, str]:
    """This process's environment without variables that change Terraform's behaviour: AWS_*, TF_VAR_*, TF_CLI_ARGS*."""
    dropped = ("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_LOG", "TF_WORKSPACE", "TF_DATA_DIR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    config_file = kept.get("TF_CLI_CONFIG_FILE")
    if config_file and not Path(config_file).is_file():
        del kept["TF_CLI_CONFIG_FILE"]  # Terraform would warn about it on every call
    aws_files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return kept | aws_files | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
