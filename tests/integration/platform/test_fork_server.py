"""A forked process behaves like a new interpreter: modules, environment, folder, output and exit code of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.engines.base.fork_server import ForkServer
from sim.engines.base.forked_process import ForkedProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks safely on Linux only")

MODULE = "whose_am_i"


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """A module of the same name in two folders."""
    made = {name: tmp_path / name for name in ("ahead", "other")}
    for name, folder in made.items():
        folder.mkdir()
        (folder / f"{MODULE}.py").write_text(f"import os\nname = {name!r}\nimported_by = os.getpid()\n")
    return made


@pytest.fixture
def server(tmp_path: Path, folders: dict[str, Path]) -> Iterator[ForkServer]:
    log = tmp_path / "server.log"
    server = ForkServer(log, {}, python_path=[folders["ahead"]], libraries=("json",), modules=(MODULE,))
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def said(server: ForkServer, tmp_path: Path, program: str, python_path: Path) -> list[str]:
    """What a program writes that runs with this PYTHONPATH."""
    script = tmp_path / "program.py"
    script.write_text(program)
    child = ForkedProcess(server.client, [str(script)], {"PYTHONPATH": str(python_path)}, tmp_path / "log", tmp_path)
    child.start()
    assert child.wait(timeout_seconds=10) == 0, child.log_tail()
    return child.log_tail().split()


LOOK = f"import {MODULE} as m, os; print(m.name, m.imported_by == os.getpid())"


def test_a_preloaded_module_is_used_where_the_import_would_find_the_same_file(server, tmp_path, folders) -> None:
    assert said(server, tmp_path, LOOK, folders["ahead"]) == ["ahead", "False"]


def test_a_preloaded_module_is_not_used_where_the_import_would_find_another_file(server, tmp_path, folders) -> None:
    assert said(server, tmp_path, LOOK, folders["other"]) == ["other", "True"]


def test_a_preloaded_module_is_not_used_where_the_import_would_fail(server, tmp_path) -> None:
    program = f"import importlib.util; print(importlib.util.find_spec({MODULE!r}))"
    assert said(server, tmp_path, program, tmp_path / "nowhere") == ["None"]


def test_the_environment_is_only_what_was_given(server, tmp_path, folders) -> None:
    program = "import os; print(os.environ.get('PYTHONPATH'), len(os.environ))"
    assert said(server, tmp_path, program, folders["other"]) == [str(folders["other"]), "1"]
