"""The scripts behind a pull request's comment, with stand-ins of `gh` and `tox` that record their calls.

`rawk-sim diff` itself is real: the stand-in of tox runs it as tox would.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.journal.version import RECORD_VERSION

ROOT = Path(__file__).parents[3]
LIMIT_SECONDS = 60

GH = """#!/bin/sh
echo "gh $*" >> "$RECORDED"
case "$1 $2" in
  "run list") cat "$ANSWERS/run" ;;
  "run download") mkdir -p base && cp "$ANSWERS/base.json" base/summary.json ;;
  "pr comment") cp comment.md "$ANSWERS/posted.md" ;;
esac
"""
TOX = f"""#!/bin/sh
echo "tox $*" >> "$RECORDED"
shift 5 # -q run -e sim --
PYTHONPATH={ROOT}/src:{ROOT} exec {sys.executable} -m sim "$@"
"""


class Runner:
    """Runs a step as GitHub's runner does, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = folder / "answers"
        self.summary = folder / "step-summary.md"
        self._calls = folder / "calls"
        self.answers.mkdir()
        programs = folder / "programs"
        programs.mkdir()
        for name, script in (("gh", GH), ("tox", TOX)):
            (programs / name).write_text(script)
            (programs / name).chmod(0o755)
        (self.answers / "run").write_text("4711\n")
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RECORDED": str(self._calls),
            "ANSWERS": str(self.answers),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(ROOT / ".github" / script), *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def records(self, *, base_calls: int, calls: int) -> None:
        """The record of the base branch and that of the pull request: one scenario, with so many calls to OpenAI."""
        latest = self.folder / ".sim/latest"
        latest.mkdir(parents=True)
        for path, number in ((self.answers / "base.json", base_calls), (latest / "summary.json", calls)):
            scenario = {"name": "a.py::test_a", "title": "A", "verdict": "passed", "totals": {"openai_calls": number}}
            content = {"version": RECORD_VERSION, "seed": 1, "finished": True, "scenarios": [scenario]}
            path.write_text(json.dumps(content))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_a_difference_is_shown_in_the_summary_and_fails_nothing(runner: Runner) -> None:
    runner.records(base_calls=2, calls=3)
    ended = runner.run("compare_behaviour.sh", "main", "behaviour.md")
    assert ended.returncode == 0, ended.stderr
    page = (runner.folder / "behaviour.md").read_text()
    assert page.startswith("### Behaviour: behaviour differs in 1 of 1 scenario")
    assert "| OpenAI calls | 2 | 3 |" in page
    assert runner.summary.read_text() == page
    assert runner.calls[0].startswith("gh run list --workflow ci-cd --branch main --event push --status success")
    assert runner.calls[1] == "gh run download 4711 --name summary --dir base"


def test_equal_behaviour_is_said(runner: Runner) -> None:
    runner.records(base_calls=2, calls=2)
    assert runner.run("compare_behaviour.sh", "main", "behaviour.md").returncode == 0
    assert "no behaviour differs" in runner.summary.read_text()


def test_a_branch_without_a_record_is_said(runner: Runner) -> None:
    runner.records(base_calls=2, calls=2)
    (runner.answers / "run").write_text("")
    ended = runner.run("compare_behaviour.sh", "main", "behaviour.md")
    assert (ended.returncode, ended.stdout) == (
        0,
        "there is no record of main yet: the next run of the branch leaves one\n",
    )
    assert not (runner.folder / "behaviour.md").exists()


def test_an_artifact_that_has_expired_is_said(runner: Runner) -> None:
    runner.records(base_calls=2, calls=2)
    (runner.answers / "base.json").unlink()
    ended = runner.run("compare_behaviour.sh", "main", "behaviour.md")
    assert ended.returncode == 0
    assert "there is no record of main yet" in ended.stdout


def test_a_run_without_a_scenario_compares_nothing(runner: Runner) -> None:
    ended = runner.run("compare_behaviour.sh", "main", "behaviour.md")
    assert (ended.returncode, ended.stdout) == (0, "no scenario ran, so there is nothing to compare\n")
    assert runner.calls == []


def test_a_record_that_cannot_be_read_fails_the_step(runner: Runner) -> None:
    runner.records(base_calls=2, calls=2)
    (runner.answers / "base.json").write_text("{")
    ended = runner.run("compare_behaviour.sh", "main", "behaviour.md")
    assert ended.returncode == 2
    assert "the comparison with main failed" in ended.stderr


def test_the_comment_has_every_part_that_there_is(runner: Runner) -> None:
    (runner.folder / "behaviour.md").write_text("### Behaviour\n")
    (runner.folder / "plan.md").write_text("### Terraform plan\n")
    assert runner.run("comment.sh", "12", "behaviour.md", "plan.md").returncode == 0
    assert (runner.answers / "posted.md").read_text() == "### Behaviour\n\n### Terraform plan\n\n"
    assert runner.calls == ["gh pr comment 12 --body-file comment.md --edit-last --create-if-none"]


def test_a_missing_part_is_left_out(runner: Runner) -> None:
    (runner.folder / "plan.md").write_text("### Terraform plan\n")
    assert runner.run("comment.sh", "12", "behaviour.md", "plan.md").returncode == 0
    assert (runner.answers / "posted.md").read_text() == "### Terraform plan\n\n"


def test_without_any_part_nothing_is_posted(runner: Runner) -> None:
    ended = runner.run("comment.sh", "12", "behaviour.md", "plan.md")
    assert (ended.returncode, ended.stdout) == (0, "there is nothing to say\n")
    assert runner.calls == []


def test_a_comment_is_never_longer_than_github_takes(runner: Runner) -> None:
    for part in ("behaviour.md", "plan.md"):
        (runner.folder / part).write_text("a" * 70_000)
    assert runner.run("comment.sh", "12", "behaviour.md", "plan.md").returncode == 0
    assert len((runner.answers / "posted.md").read_text()) == 65_000
