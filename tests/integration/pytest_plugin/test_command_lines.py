"""Every `tox` command line that a page or a message prints works as printed: environment, subcommand and options
exist."""

import configparser
import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from sim.cli.main import parser

ROOT = Path(__file__).resolve().parents[3]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "scenarios/README.md",
    *ROOT.glob("terraform/**/*.md"),
]
SOURCES = [
    *(ROOT / "sim").rglob("*.py"),
    *(ROOT / "src").rglob("*.py"),
    *(ROOT / "benchmarks").rglob("*.py"),
    *(ROOT / "sim").rglob("*.js"),
    *(ROOT / ".github").rglob("*.yml"),
    *(ROOT / name for name in ("deploy.sh", ".ci/run")),
]
HISTORY = {ROOT / "CHANGELOG.md"}
"""Says what was, not what is."""

CONSOLE = re.compile(r"^\$ (.*)$", re.MULTILINE)
INLINE = re.compile(r"`(tox [^`\n]+)`")
IN_SCRIPTS = re.compile(r"\btox (?:-q )?(?:run )?(?:--notest )?-e \S+.*$", re.MULTILINE)
BY_PYTHON = re.compile(
    r"python3? -m (?:sim|benchmarks|tests)[. ](?!openai_simulator|provisioning\.for_compose|recordings)"
)

PLACEHOLDER = re.compile(r"[A-Z_]{1,}|…|\.\.\.|\S*[A-Z]{3,}\S*|\[.*\]|<.*>")
PYTEST_OPTION = ("-k", "-m", "-n", "-x", "-v", "-q")
LIMIT_SECONDS = 120


@dataclass(frozen=True)
class CommandLine:
    """One `tox -e ENVIRONMENT -- ARGUMENTS`, and where it is printed."""

    place: str
    text: str
    environment: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def command_lines() -> list[CommandLine]:
    return [line for file in (*PAGES, *SOURCES) if file not in HISTORY for line in _lines_of(file)]


def _lines_of(file: Path) -> Iterator[CommandLine]:
    text = file.read_text(encoding="utf-8")
    patterns = (CONSOLE, INLINE) if file.suffix in (".md", ".py", ".js") else (IN_SCRIPTS,)
    for pattern in patterns:
        for found in pattern.finditer(text):
            place = f"{file.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}"
            written = found[1] if found.groups() else found[0]
            if line := _parsed(place, written.replace("{", "").replace("}", "")):
                yield line


def _parsed(place: str, written: str) -> CommandLine | None:
    """None for what is no command line of tox's with an environment."""
    with contextlib.suppress(ValueError):  # an apostrophe: prose
        words = shlex.split(written, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        for end in ("&", "&&", "|", ";", ">>", ">"):
            words = words[: words.index(end)] if end in words else words
        if words[:1] == ["tox"] and "-e" in words and words.index("-e") + 1 < len(words):
            after = words[words.index("-e") + 1 :]
            environment, arguments = after[0], tuple(after[after.index("--") + 1 :] if "--" in after else ())
            return CommandLine(place, written, environment, arguments)
    return None


@cache
def environments() -> dict[str, str]:
    """Name → commands."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(ROOT / "tox.ini")
    names = [section.partition(":")[2] for section in ini.sections() if section.startswith("testenv:")]
    return {name: ini[f"testenv:{name}"]["commands"] for name in names}


@cache
def help_of(environment: str) -> str:
    """What the commands of an environment that take arguments print for `--help`."""
    texts = []
    for command in environments()[environment].strip().splitlines():
        if "{posargs" not in command:
            continue
        words = command.split()
        match words:
            case ["pytest", *_]:
                argv = ["-m", "pytest", "-p", "sim.pytest_plugin", "--help"]
            case ["python", "-m", module, *_]:
                argv = ["-m", module, "--help"]
            case ["python", file, *_]:
                argv = [file, "--help"]
            case ["rawk-sim", subcommand, *_]:
                argv = ["-m", "sim", *([subcommand] if not subcommand.startswith("{") else []), "--help"]
            case _:
                raise AssertionError(f"no way is known to ask `{command}` for its options")
        answer = subprocess.run(
            [sys.executable, *argv], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
        )
        texts.append(answer.stdout)
    return "\n".join(texts)


def problem_of(line: CommandLine) -> str | None:
    if PLACEHOLDER.fullmatch(line.environment):
        return None
    for name in line.environment.split(","):
        if name not in environments():
            return f"there is no environment {name!r} in tox.ini"
    if not line.arguments or PLACEHOLDER.fullmatch(line.arguments[0]):
        return None
    if line.environment == "sim":
        return _problem_of_subcommand(line.arguments)
    known = help_of(line.environment)
    for word in line.arguments:
        option = word.partition("=")[0]
        if option.startswith("-") and not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", known):
            return f"`{line.environment}` has no option {option}"
    return _problem_of_names(line) if line.environment == "scenarios" else None


def _problem_of_subcommand(arguments: tuple[str, ...]) -> str | None:
    """Whether `rawk-sim` takes the arguments. Options that need a value may stand without one in a message."""
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            parser().parse_args([each for each in arguments if not re.fullmatch(r"…|\[.*\]", each)])
        except SystemExit as ended:
            said = errors.getvalue()
            if ended.code and not re.search(r"expected one argument|invalid \S+ value|required", said):
                return said.strip().splitlines()[-1]
    return None


def _problem_of_names(line: CommandLine) -> str | None:
    for word in line.arguments:
        path = word.partition("::")[0]
        if path.endswith(".py") and not (ROOT / "scenarios" / path).is_file():
            return f"there is no scenario {path}"
    return None


def test_command_lines_are_found_in_pages_and_in_messages() -> None:
    found = command_lines()

    assert {"README.md", "sim", "docs", ".ci", ".github"} <= {re.split(r"[/:]", each.place)[0] for each in found}
    assert {"scenarios", "test", "sim", "explore"} <= {each.environment for each in found}


def test_each_command_line_has_an_environment_a_subcommand_and_options_that_exist() -> None:
    problems = [f"{line}: {problem}" for line in command_lines() if (problem := problem_of(line))]

    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("tox -e scenaros", "there is no environment 'scenaros'"),
        ("tox -e sim -- reprt", "invalid choice: 'reprt'"),
        ("tox -e sim -- report --no-such", "unrecognized arguments: --no-such"),
        ("tox -e scenarios -- --sed 1", "`scenarios` has no option --sed"),
        ("tox -e scenarios -- everyday/test_none.py", "there is no scenario everyday/test_none.py"),
    ],
)
def test_a_wrong_command_line_is_noticed(written: str, problem: str) -> None:
    line = _parsed("page.md:1", written)

    assert line is not None
    assert problem in (problem_of(line) or "")


def test_no_page_and_no_message_names_a_command_that_needs_the_environment_already() -> None:
    """`python -m sim …` works only where the packages are: `tox -e sim -- …` works everywhere."""
    files = [
        file for file in (*PAGES, *(ROOT / "sim").rglob("*.py")) if file not in HISTORY | {ROOT / "sim/__main__.py"}
    ]
    named = [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in files
        for found in BY_PYTHON.finditer(file.read_text(encoding="utf-8"))
    ]

    assert named == []
