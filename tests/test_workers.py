"""`-n auto` starts more processes than there are processors, because tests wait; a user's own number counts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import pytest_xdist_auto_num_workers

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("processors", "workers"), [(1, 1), (2, 3), (3, 4), (4, 6), (None, 1)])
def test_half_as_many_again_as_processors(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config, processors: int | None, workers: int
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    monkeypatch.setattr(os, "process_cpu_count", lambda: processors)

    assert pytest_xdist_auto_num_workers(pytestconfig) == workers


@pytest.mark.parametrize(("wanted", "workers"), [({}, 3), ({"PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}, 1)])
def test_a_run_has_so_many(tmp_path: Path, wanted: dict[str, str], workers: int) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    ...\n")
    options = ["-c", os.devnull, "--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-p", "xdist", "-n", "auto"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", *options, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHON_CPU_COUNT": "2"}
        | wanted,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert f"{workers} worker{'s' * (workers > 1)} [1 item]" in done.stdout, done.stdout + done.stderr
