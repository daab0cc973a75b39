"""The health check of LocalStack in docker-compose.localstack.yml, against the emulator without a container."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sim.localstack.server import LocalStack

COMPOSE = Path(__file__).parents[4] / "docker-compose.localstack.yml"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the health check needs curl, which LocalStack's image has")
def test_the_compose_files_health_check_passes_where_the_emulator_works(localstack: LocalStack) -> None:
    service = COMPOSE.read_text(encoding="utf-8").partition("\n  localstack:\n")[2]
    found = re.search(r"- CMD-SHELL\n +- >-\n(.+?)\n +interval:", service, re.DOTALL)
    assert found is not None
    command = " ".join(found[1].split()).replace("$$", "$")
    assert "http://localhost:4566" in command

    ran = subprocess.run(
        ["sh", "-c", command.replace("http://localhost:4566", localstack.endpoint_url)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
