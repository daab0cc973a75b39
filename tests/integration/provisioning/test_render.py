"""The check of the renderings, and Terraform commands that fail or hang. A script replaces Terraform."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.provisioning.errors import TerraformError
from sim.provisioning.render import _compare, _write, files
from sim.provisioning.rendering import RENDERED, _document, topologies
from sim.provisioning.terraform import Terraform, _ended, find_terraform


def script(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Terraform:
    path = folder / "terraform"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return Terraform(folder)


CORE = {"core.json": "{}\n"}


def test_an_unchanged_rendering_is_up_to_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(CORE, tmp_path)
    assert _compare(CORE, tmp_path) == 0
    assert "core.json is up to date" in capsys.readouterr().out


def test_a_stale_rendering_is_shown_as_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write({"overlays/short.json": '{\n"timeout": 300\n}\n'}, tmp_path)
    assert _compare({"overlays/short.json": '{\n"timeout": 6\n}\n'}, tmp_path) == 1
    printed = capsys.readouterr().out
    assert '-"timeout": 300' in printed
    assert '+"timeout": 6' in printed
    assert "overlays/short.json is stale; run tox -e render" in printed


def test_a_missing_and_a_superfluous_rendering_are_stale(tmp_path: Path) -> None:
    assert _compare(CORE, tmp_path) == 1
    _write(CORE, tmp_path)
    assert _compare({}, tmp_path) == 1


def test_writing_removes_renderings_that_no_topology_has(tmp_path: Path) -> None:
    _write(CORE | {"overlays/old.json": "{}\n"}, tmp_path)
    _write(CORE, tmp_path)
    assert [each.name for each in tmp_path.rglob("*.json")] == ["core.json"]


def test_the_checked_in_overlays_name_only_values_that_differ() -> None:
    documents = {name: _document(name, RENDERED) for name in topologies()}
    written = {path: text for path, text in files(documents).items() if path.startswith("overlays/")}
    assert written == {path: (RENDERED / path).read_text() for path in written}


def test_a_missing_terraform_is_reported_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TerraformError, match="no terraform on the PATH"):
        find_terraform()


def test_a_failure_has_the_error_output_of_terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terraform = script(tmp_path, "printf '\\033[31mError: \\033[0mbad thing\\n' >&2; exit 1", monkeypatch)
    with pytest.raises(TerraformError, match="terraform plan failed with exit code 1:\nError: bad thing"):
        terraform.run("plan")


def test_progress_gets_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    terraform = script(tmp_path, "echo one; echo; echo two", monkeypatch)
    assert terraform.run("apply", progress=lines.append) == "one\n\ntwo\n"
    assert lines == ["one", "two"]


def test_a_terraform_that_hangs_is_interrupted_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = "trap 'echo interrupted > interrupted; exit 1' INT; touch trapping; while :; do sleep 0.05; done"
    terraform = script(tmp_path, waiting, monkeypatch)
    original_wait = subprocess.Popen.wait

    def wait_for_the_trap_first(process: "subprocess.Popen[str]", timeout: float | None = None) -> int:
        assert RealClock().wait_until((tmp_path / "trapping").exists, within=seconds(60))
        return original_wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", wait_for_the_trap_first)
    with pytest.raises(TerraformError, match="terraform apply was stopped after 1 s"):
        terraform.run("apply", timeout_seconds=1)
    assert (tmp_path / "interrupted").read_text() == "interrupted\n"


def test_a_terraform_that_only_waits_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = "trap 'exit 1' INT; while :; do echo 'aws_lb.a: Still creating... [10s elapsed]'; sleep 0.05; done"
    terraform = script(tmp_path, waiting, monkeypatch)
    with pytest.raises(TerraformError, match="terraform apply was stopped after 1 s without progress"):
        terraform.run("apply", timeout_seconds=1000, idle_seconds=1)


@pytest.mark.parametrize(("progress_every", "ends"), [(5.0, None), (20.0, 10.0)])
def test_each_progress_begins_the_idle_limit_again(
    monkeypatch: pytest.MonkeyPatch, progress_every: float, ends: float | None
) -> None:
    now, printed = [0.0], SimpleNamespace(progress_at=0.0)
    monkeypatch.setattr("sim.provisioning.terraform.time", SimpleNamespace(monotonic=lambda: now[0]))

    def wait(timeout: float) -> int:
        now[0] += timeout
        printed.progress_at = now[0] // progress_every * progress_every
        if now[0] >= 100:
            return 0
        raise subprocess.TimeoutExpired("terraform", timeout)

    process: Any = SimpleNamespace(wait=wait, args="terraform")
    if ends is None:
        assert _ended(process, printed, 1000, 10) == 0  # type: ignore[arg-type]
    else:
        with pytest.raises(subprocess.TimeoutExpired) as raised:
            _ended(process, printed, 1000, 10)  # type: ignore[arg-type]
        assert (raised.value.timeout, now[0]) == (10, ends)


def test_settings_of_terraform_are_not_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "TF_VAR_name", "TF_CLI_ARGS_plan", "TF_WORKSPACE"):
        monkeypatch.setenv(name, "surprise")
    terraform = script(tmp_path, "env", monkeypatch)
    assert "surprise" not in terraform.run("plan")
