"""A run of tests ends with what it skipped, and why."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SKIPS = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_with_a_server(number):
    pytest.skip("there is no server")

def test_with_another_server():
    pytest.skip("there is no server")

@pytest.mark.skip(reason="needs a browser:\\n  `tox -e browser` runs it")
def test_of_a_page():
    ...

@pytest.mark.skip
def test_without_a_reason():
    ...

@pytest.mark.xfail(reason="a known deviation")
def test_that_fails_as_it_must():
    raise AssertionError

def test_that_passes():
    ...
"""
WHOLE_FILE = """
import pytest

pytest.importorskip("no_such_package", reason="no_such_package is not installed")

def test_of_the_package():
    ...
"""


def output_of(folder: Path, *options: str) -> str:
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), *plugins, *options, str(folder)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "two workers"])
def test_a_run_ends_with_the_number_of_skips_of_each_reason(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "test_whole_file.py").write_text(WHOLE_FILE)

    lines = output_of(tmp_path, "-q", "-ra", *options).splitlines()

    assert [line for line in lines if line.lower().startswith("skipped")] == [
        "skipped: 4 tests: there is no server",
        "skipped: 1 test: needs a browser: `tox -e browser` runs it",
        "skipped: 1 test: no_such_package is not installed",
        "skipped: 1 test: unconditional skip",
    ]
    assert any(line.startswith("XFAIL") and line.endswith("a known deviation") for line in lines)


def test_a_run_without_skips_says_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / "test_passes.py").write_text("def test_that_passes():\n    ...\n")

    assert "skipped" not in output_of(tmp_path, "-ra")
