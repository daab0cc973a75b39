"""Take a row of the failure policy out of a copy of the product, and the scenario named must turn red.

A healthy recording must still go through: what turns red because nothing works at all shows nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.scenario_mutants import APPLY, ROOT, Break, all_breaks

COPIED = ("src", "sim", "scenarios")
HEALTHY = "everyday/test_one_recording.py"
LONGEST_SECONDS = 300


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the product, the harness and the scenarios, with the emulator's environment that is there already."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    environments = ROOT / ".sim" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    (tmp_path / ".sim").mkdir()
    (tmp_path / ".sim" / "environments").symlink_to(environments)
    return tmp_path


@pytest.mark.planted
@pytest.mark.parametrize("planted", all_breaks(), ids=lambda planted: planted.name)
def test_without_it_a_scenario_turns_red(planted: Break, copy: Path) -> None:
    subprocess.run([*APPLY, str(planted.patch)], cwd=copy, check=True)

    verdicts, output = play(copy, planted.scenario, HEALTHY)

    healthy = {name: verdict for name, verdict in verdicts.items() if HEALTHY in name}
    named = {name: verdict for name, verdict in verdicts.items() if name not in healthy}
    assert set(healthy.values()) == {"held"}, output
    assert "broken" in named.values(), output


def play(root: Path, *scenarios: str) -> tuple[dict[str, str], str]:
    """The verdict of every scenario played there, by its name, and what was printed."""
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios"]
        + [f"scenarios/{scenario}" for scenario in scenarios],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}"},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    output = played.stdout + played.stderr
    summary = root / ".sim" / "latest" / "summary.json"
    assert summary.exists(), output
    told = json.loads(summary.read_text(encoding="utf-8"))["scenarios"]
    return {each["name"]: each["verdict"] for each in told}, output
