"""A whole world, and a scenario in it, with a hostile set-up of the user: nothing of it counts."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "pytest", "-c", "scenarios/pytest.ini", "--rootdir", "scenarios"]
LIMIT_SECONDS = 240
NOWHERE = "http://127.0.0.1:9"

AWS_CONFIG = f"""
[default]
region = eu-central-1
endpoint_url = {NOWHERE}
ignore_configured_endpoint_urls = true
use_dualstack_endpoint = true
use_fips_endpoint = true
ca_bundle = /nowhere
s3 =
    use_accelerate_endpoint = true
    addressing_style = virtual
"""

HOSTILE = {
    **{f"{name}_PROXY": NOWHERE for name in ("HTTP", "HTTPS", "ALL")},
    **{f"{name}_proxy": NOWHERE for name in ("http", "https", "all")},
    "AWS_PROFILE": "ghost",
    "AWS_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL": NOWHERE,
    "AWS_USE_FIPS_ENDPOINT": "true",
    "DATABASE_URL": "postgresql://127.0.0.1:9/ghost",
    "OPENAI_API_KEY": "sk-ghost",
    "OPENAI_BASE_URL": NOWHERE,
    "PGHOST": "192.0.2.1",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGPASSWORD": "ghost",
    "PGSERVICE": "ghost",
    "PGSSLMODE": "require",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    "REDIS_URL": "redis://127.0.0.1:9",
}


def test_a_scenario_passes_with_every_hostile_variable_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text(AWS_CONFIG)
    long = tmp_path / ("x" * 123)
    long.mkdir()
    hostile = {**HOSTILE, "HOME": str(home), "TMPDIR": str(long)}

    ended = subprocess.run(
        [*COMMAND, "-n", "0", "scenarios/everyday/test_one_recording.py"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **hostile},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout
