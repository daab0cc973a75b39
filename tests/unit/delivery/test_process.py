"""deploy.sh as a process: which Python it takes, and what the operator's signals do."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from terraform.deploy.console import Failure
from terraform.deploy.interruption import Interruption

ROOT = Path(__file__).parents[3]


def test_it_imports_the_standard_library_alone() -> None:
    imported = set()
    for file in (ROOT / "terraform" / "deploy").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 11))):
            if isinstance(node, ast.Import):
                imported |= {each.name.partition(".")[0] for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"terraform"}


def test_without_a_python_it_says_so_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    ended = run(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        "deploy: there is no Python 3.11 or newer on the PATH; docs/how-to/deploy.md lists the required tools\n"
    )


def test_it_takes_the_first_python_that_is_new_enough(tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    for name, script in {"python3": "exit 1", "python3.12": f'exec "{sys.executable}" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    ended = run(tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "usage: ./deploy.sh TOPOLOGY COMMAND" in ended.stdout


def run(path: Path) -> "subprocess.CompletedProcess[str]":
    """`./deploy.sh --help` with this folder as PATH, from another folder."""
    environment = {"PATH": str(path), "PYTHONSAFEPATH": "1"}
    command = ["/bin/sh", str(ROOT / "deploy.sh"), "--help"]
    return subprocess.run(command, cwd=path, env=environment, capture_output=True, text=True, timeout=60, check=False)


class Child:
    """A child process that runs while the operator interrupts the command some times."""

    def __init__(self, *signals: int) -> None:
        self._signals = signals
        self.received: list[int] = []

    def send_signal(self, number: int) -> None:
        self.received.append(number)

    def wait(self) -> int:
        for each in self._signals:
            os.kill(os.getpid(), each)
        return 1 if self.received else 0


def test_the_first_signal_is_passed_on_and_the_second_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    interruption, child = Interruption(), Child(signal.SIGTERM, signal.SIGINT)
    with interruption.handled():
        assert interruption.wait(child) == 1  # type: ignore[arg-type]
        interruption.pause(60)  # ends at once
    assert interruption.requested
    assert child.received == [signal.SIGINT]
    first, second = capsys.readouterr().err.splitlines()
    assert "Terraform finishes its current operations" in first
    assert "still waiting for Terraform" in second


def test_a_signal_during_the_start_of_the_child_is_passed_on() -> None:
    interruption, child = Interruption(), Child()
    with interruption.handled():
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.wait(child) == 1  # type: ignore[arg-type]
    assert child.received == [signal.SIGINT]


def test_the_signal_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption().handled():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_an_interrupted_question_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        @staticmethod
        def readline() -> str:
            os.kill(os.getpid(), signal.SIGINT)
            return "yes\n"

    monkeypatch.setattr(sys, "stdin", Terminal())
    interruption = Interruption()
    with interruption.handled(), pytest.raises(Failure, match="not confirmed; nothing was changed"):
        interruption.ask("apply this?")
    assert not interruption.requested


def test_an_answered_question_returns_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal:
        @staticmethod
        def readline() -> str:
            return "yes\n"

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert Interruption().ask("apply this?") == "yes"
    assert capsys.readouterr().err == "deploy: apply this? "
