"""The JavaScript of the picture, tested by Node on recorded feeds."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "js"
NODE = shutil.which("node")
OLDEST_NODE = 20


def test_the_modules_pass_their_tests() -> None:
    if NODE is None:
        pytest.skip("there is no node; on Debian: apt-get install nodejs")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node is {version.strip()}, and the tests need {OLDEST_NODE} or newer")

    tests = sorted(str(path) for path in TESTS.glob("*.test.mjs"))
    command = [NODE, "--test", "--test-reporter=spec", *tests]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert tests
