"""LocalStack's own environment: built once, by one of many processes, with a clear error when that fails."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sim.localstack import environment
from sim.localstack.environment import prepare_environment
from sim.platform import locked_environment
from sim.platform.locked_environment import EnvironmentNotBuilt


@pytest.fixture
def fake_build(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps without uv: these tests are about who builds, where, and what remains."""
    steps: list[str] = []
    lock = threading.Lock()

    def run(command: list[str | Path], purpose: str) -> None:
        with lock:
            steps.append(purpose)
        if "venv" in command:
            site_packages = Path(str(command[-1])) / "lib" / "python3.13" / "site-packages"
            site_packages.mkdir(parents=True)
            binary = Path(str(command[-1])) / "bin" / "python"
            binary.parent.mkdir()
            binary.touch()

    monkeypatch.setattr(locked_environment, "run", run)
    return steps


def test_parallel_processes_build_the_environment_once(fake_build: list[str], tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as builders:
        folders = set(builders.map(lambda _: prepare_environment(home=tmp_path / "a home"), range(4)))

    assert len(folders) == 1
    assert fake_build.count("make the environment") == 1


def test_a_half_built_environment_is_built_again(fake_build: list[str], tmp_path: Path) -> None:
    folder = prepare_environment(home=tmp_path)
    (folder / "complete").unlink()
    stray = folder / "stray"
    stray.touch()

    assert prepare_environment(home=tmp_path) == folder
    assert not stray.exists()
    assert fake_build.count("make the environment") == 2


def test_progress_is_printed_only_while_something_is_built(fake_build: list[str], tmp_path: Path) -> None:
    said: list[str] = []
    prepare_environment(said.append, home=tmp_path)
    assert "Building LocalStack's environment" in said[0]
    said.clear()
    prepare_environment(said.append, home=tmp_path)

    assert said == []
    assert fake_build


def test_the_extensions_entry_points_are_registered(fake_build: list[str], tmp_path: Path) -> None:
    folder = prepare_environment(home=tmp_path)
    [points] = folder.rglob("rawk_emulator-*.dist-info/entry_points.txt")

    assert "process = rawk_emulator.plugin:ProcessExecutorPlugin" in points.read_text()
    assert fake_build


def test_a_missing_package_is_reported_with_the_message_of_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"no-such-package-of-rawk==1.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(environment, "LOCK", lock)
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(EnvironmentNotBuilt, match=r"the first build needs the network(.|\n)*no-such-package-of-rawk"):
        prepare_environment(home=tmp_path / "home")


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(environment, "PYTHON", (3, 99))
    with pytest.raises(EnvironmentNotBuilt, match=r"needs Python 3\.99, this is 3\.13"):
        prepare_environment(home=tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "home"
    in_the_way.touch()
    with pytest.raises(EnvironmentNotBuilt, match=f"{in_the_way} cannot be written"):
        prepare_environment(home=in_the_way)


def test_the_harnesss_own_python_settings_do_not_reach_localstack(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(*_: object, env: dict[str, str], **__: object) -> Any:
        seen.update(env)
        return type("Finished", (), {"returncode": 0, "stderr": ""})

    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setenv("PYTHONPATH", "/mine")
    locked_environment.run(["true"], "do nothing")

    assert "PYTHONPATH" not in seen
    assert seen["PATH"] == os.environ["PATH"]
