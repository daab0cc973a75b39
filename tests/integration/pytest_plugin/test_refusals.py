"""A wrong option or scenario is refused before anything starts, with one sentence, and leaves nothing behind."""

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
        (["--weather", "-3"], "--weather takes 0 to 366 days, not '-3'"),
        (["--engine", "dirigible"], "invalid choice: 'dirigible' (choose from 'embedded', "),
        (["--provision", "garbage"], "invalid choice: 'garbage' (choose from 'rendering', 'apply')"),
        (["--report", "/proc/report.html"], "--report: /proc/report.html cannot be written"),
        (["test_nothing.py"], "there is no test_nothing.py in"),
    ],
)
def test_an_option_that_makes_no_sense(project: Project, arguments: list[str], sentence: str) -> None:
    project.write("test_it.py", GOOD)

    ended = project.run("scenarios", *arguments)

    assert ended.exit_code == REFUSED
    assert sentence in ended.output
    assert "Traceback" not in ended.output
    assert project.runs == []


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        (b"\xff\xfe\x00", "scenarios/test_odd.py is not UTF-8 text"),
        (
            b"import pytest\n\n\n@pytest.mark.needs('telepathy')\ndef test_it(sim):\n    'Claim: it holds.'\n",
            "test_odd.py::test_it needs 'telepathy', which is not one of: virtual_time, ",
        ),
    ],
    ids=["not text", "an unknown need"],
)
def test_an_odd_file_is_refused_with_its_name(project: Project, scenario: bytes, sentence: str) -> None:
    project.write("test_odd.py", GOOD).write_bytes(scenario)

    ended = project.run("scenarios")

    assert ended.exit_code == 4, ended.output
    assert sentence in ended.output
    assert "Traceback" not in ended.output
    assert project.runs == []


@pytest.mark.parametrize("more", [[], ["--collect-only"], ["-n", "2"]], ids=["run", "only collected", "by two"])
def test_a_wrong_scenario_is_refused_with_the_lines_to_change(project: Project, more: list[str]) -> None:
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

    ended = project.run("scenarios", *more)

    assert ended.exit_code == REFUSED
    assert "scenarios/test_wrong.py:4: test_wrong states no claim" in ended.output
    assert "scenarios/test_wrong.py:5: faults.storage.down(untill=minutes(5)): " in ended.output
    assert "scenarios/test_wrong.py:6: this wait has no end" in ended.output
    assert project.runs == []


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["by one", "by two"])
def test_a_file_that_cannot_be_imported_is_no_inconclusive_verdict(project: Project, more: list[str]) -> None:
    """Exit code 2 would say that a scenario ran."""
    project.write("test_it.py", GOOD)
    project.write("test_wrong.py", "from sim import needs\n\npytestmark = needs.virtual_tim\n")

    ended = project.run("scenarios", *more)

    assert ended.exit_code == REFUSED
    assert "there is no need 'virtual_tim'; a scenario may need virtual_time" in ended.output


@pytest.fixture
def small_disk(project: Project) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk of its own under `.sim`, which only root can do."""
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
        # Lazily: a process of the run that is about to end may still have its log open there.
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def test_a_folder_that_cannot_be_written(project: Project) -> None:
    project.write("test_it.py", GOOD)
    (project.top / ".sim").write_text("the user's notes")

    ended = project.run("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("cannot be written (Not a directory): make it writable or remove it") == 1
    assert "Traceback" not in ended.output


def test_a_disk_that_is_read_only(project: Project, small_disk: Callable[[str], Path]) -> None:
    project.write("test_it.py", GOOD)
    small_disk("ro")

    ended = project.run("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("cannot be written (Read-only file system): make it writable or remove it") == 1
    assert "Traceback" not in ended.output


def test_a_disk_that_is_full(project: Project, small_disk: Callable[[str], Path]) -> None:
    project.write("test_it.py", GOOD)
    small_disk("size=1m")

    ended = project.run("scenarios")

    assert ended.exit_code == REFUSED
    assert ended.output.count("a run needs 200 MB") == 1
    assert "Traceback" not in ended.output
    assert project.runs == []


def test_collecting_leaves_nothing_behind(project: Project) -> None:
    project.write("test_it.py", GOOD)

    ended = project.run("scenarios", "--collect-only", "-q")

    assert ended.exit_code == 0
    assert "test_it.py::test_it" in ended.output
    assert project.runs == []


def test_a_disk_that_fills_up_in_the_middle_of_a_run(project: Project, small_disk: Callable[[str], Path]) -> None:
    """Without a record there is no verdict: the run ends with one sentence, neither passed nor failed."""
    home = small_disk("size=400m")
    project.write(
        "test_it.py",
        f'''
        """The disk fills up.

        Claim: nothing is claimed.
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

    ended = project.run("scenarios")

    assert ended.exit_code == 2, ended.output
    assert re.search(r"journal\.jsonl cannot be written: (No space left on device|the disk is full)", ended.output)
    assert "no report: " in ended.output
    assert "INTERNALERROR" not in ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [(["-k", "no_such_scenario"], 5), (["--seed", "abc"], REFUSED), (["--no-such-option"], REFUSED)],
    ids=["-k that selects nothing", "wrong option", "unknown option"],
)
def test_a_run_without_a_scenario_leaves_the_last_one_alone(
    project: Project, arguments: list[str], exit_code: int
) -> None:
    """`.sim/latest` is what the user looks at next: a typing mistake must not move it to an empty folder."""
    project.write("test_it.py", GOOD)
    earlier = project.top / ".sim" / "earlier"
    earlier.mkdir(parents=True)
    (project.top / ".sim" / "latest").symlink_to("earlier")

    ended = project.run("scenarios", *arguments)

    assert ended.exit_code == exit_code, ended.output
    assert project.runs == [earlier]
    assert (project.top / ".sim" / "latest").resolve() == earlier
