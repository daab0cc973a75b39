"""Puts a Python program that a function starts into virtual time, and limits its /tmp. Its folder comes first on
PYTHONPATH.

A function's own process does this by itself (bootstrap.py). A web application is a program of its own, and Python
imports this module before its first line. The next `sitecustomize` on the path (the egress guard's) is run as well.
"""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent


def _module_at(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _enter_virtual_time() -> None:
    shared_offset = _module_at(OWN.parents[1] / "time" / "shared_offset.py")
    shared_offset.travel()
    shared_offset.wait_through_platform()
    del os.environ["SIM_CLOCK_FILE"]  # the application sees nothing of the emulator


def _run_the_next() -> None:
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != OWN]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec and spec.loader:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if "SIM_CLOCK_FILE" in os.environ:
    _enter_virtual_time()
if "SIM_FUNCTION_STORAGE_MB" in os.environ:
    _module_at(OWN.parent / "storage.py").restrict_python(os.environ)
_run_the_next()
