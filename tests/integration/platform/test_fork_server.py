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
    ahead = [folders["ahead"]]
    server = ForkServer(
        log, {}, python_path=ahead, libraries=("json",), modules=(MODULE,), in_functions=(MODULE, "no_such_module")
    )
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def said(
    server: ForkServer, tmp_path: Path, program: str, python_path: Path, function: Path | None = None
) -> list[str]:
    """What a program writes that runs with this PYTHONPATH, and from the folder of a function."""
    script = tmp_path / "program.py"
    script.write_text(program)
    environment = {"PYTHONPATH": str(python_path)} | ({"LAMBDA_TASK_ROOT": str(function)} if function else {})
    child = ForkedProcess(server.client, [str(script)], environment, tmp_path / "log", tmp_path)
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


@pytest.fixture
def complete(tmp_path: Path, folders: dict[str, Path]) -> Iterator[ForkServer]:
    """A server that finds each module of a function."""
    server = ForkServer(
        tmp_path / "c.log", {}, python_path=[folders["ahead"]], libraries=(), modules=(MODULE,), in_functions=(MODULE,)
    )
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def test_a_function_shares_its_own_modules_from_its_second_start_on(complete, tmp_path, folders) -> None:
    other = folders["other"]
    starts = [said(complete, tmp_path, LOOK, other, function=other) for _ in range(3)]
    assert starts == [["other", "True"], ["other", "False"], ["other", "False"]]


def test_each_function_has_the_modules_of_its_own_folder(complete, tmp_path, folders) -> None:
    for _ in range(3):
        for name, folder in folders.items():
            assert said(complete, tmp_path, LOOK, folder, function=folder)[0] == name
    assert said(complete, tmp_path, LOOK, folders["ahead"]) == ["ahead", "False"]


def test_a_module_of_a_function_is_not_used_by_another_function(complete, tmp_path, folders) -> None:
    for _ in range(2):
        said(complete, tmp_path, LOOK, folders["other"], function=folders["other"])
    third = tmp_path / "third"
    third.mkdir()
    (third / f"{MODULE}.py").write_text("import os\nname = 'third'\nimported_by = os.getpid()\n")
    assert said(complete, tmp_path, LOOK, third, function=third) == ["third", "True"]


def test_a_function_that_lacks_a_module_starts_as_before(server, tmp_path, folders) -> None:
    other = folders["other"]
    starts = [said(server, tmp_path, LOOK, other, function=other) for _ in range(3)]
    assert starts == [["other", "True"]] * 3
