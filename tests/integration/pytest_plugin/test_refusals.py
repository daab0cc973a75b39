"""What can not be meant is refused before anything is started, in a sentence, and leaves nothing behind."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .project import Project

GOOD = '''
    """All is well.

    Claim: a recording becomes a memory.
    """

    from sim import minutes


    def test_it(sim):
        sim.run_until(sim.api.record(1).all_complete, within=minutes(5))
'''
REFUSED = 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "abc"], "a seed is a whole number from 0, not 'abc'"),
        (["--seed", "-4"], "a seed is a whole number from 0, not '-4'"),
        (["--weather", "-3"], "weather is told for 0 to 366 days, not '-3'"),
        (["--engine", "dirigible"], "invalid choice: 'dirigible' (choose from 'embedded', "),
        (["--provision", "garbage"], "invalid choice: 'garbage' (choose from 'rendering', 'apply')"),
        (["--report", "/proc/report.html"], "--report: /proc/report.html can not be written"),
        (["test_nothing.py"], "there is no test_nothing.py in"),
    ],
)
def test_an_option_that_makes_no_sense(project: Project, arguments: list[str], sentence: str) -> None:
    project.write("test_it.py", GOOD)

    ended = project.play("scenarios", *arguments)

    assert ended.exit_code == REFUSED
    assert sentence in ended.output
    assert "Traceback" not in ended.output
    assert project.runs == []


@pytest.mark.parametrize("more", [[], ["--collect-only"], ["-n", "2"]], ids=["played", "only collected", "by two"])
def test_a_scenario_that_makes_no_sense_with_the_lines_to_change(project: Project, more: list[str]) -> None:
    project.write("test_it.py", GOOD)
    project.write(
        "test_wrong.py",
        """
        from sim import faults, minutes


        def test_wrong(sim):
            with sim.fault(faults.storage.down(untill=minutes(5))):
                sim.run_until(sim.everything_is_done)
        """,
    )

    ended = project.play("scenarios", *more)

    assert ended.exit_code == REFUSED
    assert "scenarios/test_wrong.py:4: test_wrong states no claim" in ended.output
    assert "scenarios/test_wrong.py:5: faults.storage.down(untill=minutes(5)): " in ended.output
    assert "scenarios/test_wrong.py:6: this wait has no end" in ended.output
    assert project.runs == []


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["by one", "by two"])
def test_a_file_that_can_not_be_read_is_no_unknown_verdict(project: Project, more: list[str]) -> None:
    """Exit code 2 would say that something was played."""
    project.write("test_it.py", GOOD)
    project.write("test_wrong.py", "from sim import needs\n\npytestmark = needs.virtual_tim\n")

    ended = project.play("scenarios", *more)

    assert ended.exit_code == REFUSED
    assert "there is no need 'virtual_tim'; a scenario may need virtual_time" in ended.output


@pytest.fixture
def small_disk(project: Project) -> Iterator[Callable[[str], Path]]:
    """Gives what puts a disk of its own under `.sim`, as only root can."""
    home = project.top / ".sim"
    mounted = False

    def mount(options: str) -> Path:
        nonlocal mounted
        home.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(home)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a disk here")
        mounted = True
        return home

    yield mount
    if mounted:
        subprocess.run(["umount", str(home)], check=True)


def test_a_folder_that_can_not_be_written(project: Project) -> None:
    project.write("test_it.py", GOOD)
    (project.top / ".sim").write_text("somebody's notes")

    ended = project.play("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("can not be written (Not a directory): make it writable or remove it") == 1
    assert "Traceback" not in ended.output


def test_a_disk_that_is_read_only(project: Project, small_disk: Callable[[str], Path]) -> None:
    project.write("test_it.py", GOOD)
    small_disk("ro")

    ended = project.play("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("can not be written (Read-only file system): make it writable or remove it") == 1
    assert "Traceback" not in ended.output


def test_a_disk_that_is_full(project: Project, small_disk: Callable[[str], Path]) -> None:
    project.write("test_it.py", GOOD)
    small_disk("size=1m")

    ended = project.play("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("a run needs 200 MB") == 1
    assert "Traceback" not in ended.output
    assert project.runs == []


def test_nothing_is_left_behind_by_a_look_at_what_there_is(project: Project) -> None:
    project.write("test_it.py", GOOD)

    ended = project.play("scenarios", "--collect-only", "-q")

    assert ended.exit_code == 0
    assert "test_it.py::test_it" in ended.output
    assert project.runs == []


def test_a_disk_that_fills_up_in_the_middle_of_a_run(project: Project, small_disk: Callable[[str], Path]) -> None:
    """Without a record there is no verdict: the run ends with one sentence, and neither held nor broken."""
    home = small_disk("size=400m")
    project.write(
        "test_it.py",
        f'''
        """The disk fills up.

        Claim: nobody can know.
        """


        def test_it(sim):
            with open("{home}/filler", "ab", buffering=0) as filler:
                for size_bytes in (1_000_000, 1_000, 1):
                    try:
                        while filler.write(bytes(size_bytes)):
                            pass
                    except OSError:
                        continue


        def test_more(sim):
            pass
        ''',
    )

    ended = project.play("scenarios")

    assert ended.exit_code == 2, ended.output
    assert re.search(r"journal\.jsonl cannot be written: (No space left on device|the disk is full)", ended.output)
    assert "no report: " in ended.output
    assert "INTERNALERROR" not in ended.output
    assert "Traceback" not in ended.output
