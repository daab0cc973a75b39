"""Ctrl-C and SIGTERM: Terraform gets one SIGINT, and the command ends when Terraform has ended.

After one SIGINT Terraform stops its providers and writes the state. After a second one it drops both. Therefore it runs
in its own process group, which Ctrl-C does not reach, and gets exactly one SIGINT from here.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from terraform.deploy.console import Failure, report

__all__ = ["Interruption"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether the operator has interrupted the command, and the process that has to be stopped then."""

    def __init__(self) -> None:
        self.requested = False
        self._child: subprocess.Popen[bytes] | None = None
        self._reader, self._writer = -1, -1

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals here for the time of the block."""
        self._reader, self._writer = os.pipe()
        previous = {each: signal.signal(each, self._handle) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in previous.items():
                signal.signal(each, handler)
            os.close(self._reader)
            os.close(self._writer)

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Wait until the child has ended, and pass an interruption on to it once. Returns its exit code."""
        self._child = child
        if self.requested:  # it came while the child started
            child.send_signal(signal.SIGINT)
        try:
            return child.wait()
        finally:
            self._child = None

    def pause(self, seconds: float) -> None:
        """Wait; an interruption ends the pause."""
        select.select([self._reader], [], [], seconds)

    def ask(self, question: str) -> str:
        """The operator's answer. Raises Failure when the operator interrupts instead."""
        previous = {each: signal.signal(each, _refuse) for each in _SIGNALS}
        try:
            sys.stderr.write(f"deploy: {question} ")
            sys.stderr.flush()
            return sys.stdin.readline().strip()
        finally:
            for each, handler in previous.items():
                signal.signal(each, handler)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self.requested:
            if self._child is not None:
                report("still waiting for Terraform: killed now, it would leave a lock and lose what it created")
            return
        self.requested = True
        os.write(self._writer, b"!")
        if self._child is not None:
            report("interrupted: Terraform finishes its current operations and writes the state; wait for it")
            self._child.send_signal(signal.SIGINT)


def _refuse(_number: int, _frame: FrameType | None) -> None:
    sys.stderr.write("\n")
    raise Failure("not confirmed; nothing was changed")
