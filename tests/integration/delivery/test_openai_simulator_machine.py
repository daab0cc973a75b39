"""The machine's start script, run with commands that only record their calls."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
USER_DATA = ROOT / "terraform" / "modules" / "openai_simulator" / "user_data.sh"
VALUES = {
    "region": "us-east-1",
    "registry": "123456789012.dkr.ecr.us-east-1.amazonaws.com",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/rawk/openai-simulator:abc",
    "key_secret_id": "arn:of:its:key",
    "key_version": "1",
    "port": "8000",
    "log_group": "/rawk/openai-simulator",
}
AWS = 'case "$*" in *get-secret-value*) [ -n "$SECRET" ] && echo "$SECRET";; *) echo a-password;; esac'

DOCKER = 'if [ "$1" = login ]; then cat > /dev/null; fi'  # without a reader of the password, the pipe would break


@pytest.fixture
def script(tmp_path: Path) -> str:
    text = USER_DATA.read_text(encoding="utf-8")
    for name, value in VALUES.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text, "VALUES lacks a variable of the script"
    return text.replace("/etc/", f"{tmp_path}/")


def run(script: str, folder: Path, secret: str) -> "subprocess.CompletedProcess[str]":
    commands = folder / "bin"
    commands.mkdir()
    for name in ("dnf", "systemctl", "docker", "sleep", "aws"):
        does = {"aws": AWS, "docker": DOCKER}.get(name, "true")
        (commands / name).write_text(f'#!/bin/bash\necho "{name} $*" >> {folder}/called\n{does}\n')
        (commands / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", "SECRET": secret}
    return subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_the_simulator_with_its_key_outside_of_command_lines(script: str, tmp_path: Path) -> None:
    assert run(script, tmp_path, "sesame").returncode == 0

    called = (tmp_path / "called").read_text()
    assert f"--publish 8000:8000 --env-file {tmp_path}/openai-simulator.env" in called
    assert called.rstrip().endswith(f"docker logout {VALUES['registry']}")
    assert VALUES["image"] in called
    assert "sesame" not in called
    environment = tmp_path / "openai-simulator.env"
    assert environment.read_text() == "OPENAI_SIMULATOR_KEY=sesame\n"
    assert environment.stat().st_mode & 0o077 == 0


def test_it_does_not_start_the_simulator_without_a_key(script: str, tmp_path: Path) -> None:
    assert run(script, tmp_path, "").returncode != 0

    called = (tmp_path / "called").read_text()
    assert called.count("get-secret-value") == 6
    assert "docker run" not in called
