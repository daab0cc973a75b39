"""`.ci/run` with a script in place of tox: steps beside others, the list of failures, and that of what was skipped."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WITHIN_SECONDS = 120.0
FOUND = ("redis-server", "pgbouncer", "ffmpeg", "chromium", "node", "npm", "docker", "terraform")
"""Programs that it looks for; those of this machine are not used."""
BASICS = ("bash", "cat", "dirname", "env", "grep", "id", "mktemp", "rm", "sed", "sleep", "tee", "timeout", "touch")

TOX = """#!/usr/bin/env bash
if [ "$1" = --version ]; then echo "4.60.0 from /tox; registered plugins: $PLUGINS"; exit; fi
name=$4
[ "$6" = -k ] && name=applied
echo "$name begins" >>"$RECORD/order"
case " $SLOW " in *" $name "*)
  trap 'echo "$name interrupted" >>"$RECORD/order"; exit 2' INT
  touch "$RECORD/slow"
  # With an end, for a test that is killed cannot end it.
  for _ in {1..4000}; do [ -e "$RECORD/go-on" ] && break; sleep 0.05; done ;;
esac
echo "output of $name"
case $name in test) printf 'skipped: 28 tests: there is no ffmpeg\\nskipped: 1 test: no reason\\n' ;; esac
case " $RELEASES " in *" $name "*) touch "$RECORD/go-on" ;; esac
echo "$name ends" >>"$RECORD/order"
case " $FAILS " in *" $name "*) exit 3 ;; esac
"""


class CiRun:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self._programs = folder / "programs"
        (self.folder / ".ci").mkdir(parents=True)
        self._programs.mkdir()
        shutil.copy(ROOT / ".ci/run", self.folder / ".ci/run")
        for name in BASICS:
            found = shutil.which(name)
            assert found, name
            (self._programs / name).symlink_to(found)
        for name in FOUND:
            self._write(name, "#!/usr/bin/env bash\nexit 1\n")
        self._write("tox", TOX)

    def _write(self, name: str, script: str) -> None:
        (self._programs / name).write_text(script)
        (self._programs / name).chmod(0o755)

    def without(self, program: str) -> None:
        (self._programs / program).unlink()

    def provides_its_own_tox(self) -> None:
        """A stand-in of `python3 -m venv`, whose pip records what it installs."""
        tools = self.folder / ".sim/ci-tools/bin"
        tools.mkdir(parents=True)
        self._write("python3", "#!/usr/bin/env bash\nexit 0\n")
        for name, script in (
            ("pip", '#!/usr/bin/env bash\nshift\necho "$@" >"$RECORD/installed"\n'),
            ("tox", TOX.replace("output of $name", "output of its own $name")),
        ):
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)

    @property
    def installed(self) -> str:
        """What pip was asked to install."""
        return (self.folder / "installed").read_text().strip()

    def start(self, **variables: str) -> "subprocess.Popen[str]":
        """SLOW: steps that do not end before one of RELEASES does. FAILS: steps that fail."""
        return subprocess.Popen(
            [self.folder / ".ci/run"],
            env={"PATH": str(self._programs), "RECORD": str(self.folder), "PLUGINS": "tox-uv-1.33", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, **variables: str) -> tuple[int, str]:
        running = self.start(**variables)
        try:
            output, _ = running.communicate(timeout=WITHIN_SECONDS)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
        return running.returncode, output

    @property
    def order(self) -> list[str]:
        return (self.folder / "order").read_text().splitlines()


@pytest.fixture
def ci(tmp_path: Path) -> CiRun:
    return CiRun(tmp_path)


def shown(output: str, name: str) -> str:
    """What is printed of a step, from its heading to its end."""
    (found,) = re.findall(rf"^=== {name}[:,] .*\n((?:.*\n)*?)=== {name} (?:passed|FAILED)", output, re.MULTILINE)
    return str(found)


def test_every_step_passes_and_its_output_is_in_one_piece(ci: CiRun) -> None:
    code, output = ci.run()

    assert code == 0, output
    assert output.splitlines()[-1] == "all steps passed"
    for name in ("lint", "terraform", "applied", "test", "scenarios", "package"):
        assert f"output of {name}\n" in shown(output, name)


@pytest.mark.parametrize("there", ["no tox", "a tox without tox-uv"])
def test_a_tox_that_would_keep_others_waiting_is_not_used(ci: CiRun, there: str) -> None:
    """It would provision a tox with tox-uv, and hold tox's lock on the folder as long as that one runs."""
    ci.provides_its_own_tox()
    if there == "no tox":
        ci.without("tox")
    code, output = ci.run(PLUGINS="")

    assert code == 0, output
    assert ci.installed == "--quiet tox>=4.22 tox-uv>=1.25"
    assert "output of its own lint\n" in output


def test_terraform_waits_beside_the_tests(ci: CiRun) -> None:
    """It ends only after the tests have: a step after the other would wait for ever."""
    code, output = ci.run(SLOW="terraform", RELEASES="test")

    assert code == 0, output
    order = ci.order
    assert order.index("terraform begins") < order.index("test ends") < order.index("terraform ends")
    assert order.index("terraform ends") < order.index("browser begins")


def test_a_failed_step_is_listed_wherever_it_ran_and_the_others_run_all_the_same(ci: CiRun) -> None:
    code, output = ci.run(FAILS="terraform docs")

    assert code == 1
    assert output.splitlines()[-1] == "failed: docs terraform"
    assert re.search(r"^=== terraform FAILED \(exit 3\) after \d+ s$", output, re.MULTILINE)
    assert "package ends" in ci.order


def test_skipped_tests_are_listed_with_their_step_reason_and_number(ci: CiRun) -> None:
    _, output = ci.run()

    assert "\nskipped: test: 28 tests: there is no ffmpeg\nskipped: test: 1 test: no reason\n" in output


def test_without_terraform_its_steps_are_skipped_with_the_reason(ci: CiRun) -> None:
    ci.without("terraform")

    code, output = ci.run()

    assert code == 0, output
    assert "skipped: terraform: there is no terraform binary on this machine" in output
    assert not {"terraform begins", "applied begins"} & set(ci.order)


def test_a_step_beside_others_is_interrupted_with_the_run(ci: CiRun) -> None:
    running = ci.start(SLOW="terraform lint")
    try:
        give_up_at = time.monotonic() + WITHIN_SECONDS
        while not (ci.folder / "order").exists() or len(ci.order) < 2:
            assert time.monotonic() < give_up_at
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does on Ctrl-C, to the group of the script
        running.communicate(timeout=WITHIN_SECONDS)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)

    assert running.returncode == 130
    assert "terraform interrupted" in ci.order
