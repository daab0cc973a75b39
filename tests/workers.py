"""How many processes `-n auto` means for these tests."""

import os

import pytest


@pytest.hookimpl(tryfirst=True, optionalhook=True)  # before xdist's own; without xdist there is no such hook
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:  # noqa: ARG001 (the hook's signature)
    """Three for two processors: a quarter of the time, a test waits for a process or a limit that it has reached."""
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None  # the user's number
    processors = os.process_cpu_count() or 1
    return processors + processors // 2
