"""The rules of this house that no linter holds. Each names the place that breaks it."""

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import rawk
from sim import faults
from sim.cli import reference

ROOT = Path(__file__).parent.parent
LONGEST_FILE_LINES = 500
LONGEST_FUNCTION_LINES = 60
MOST_FILES_IN_A_FOLDER = 20
SOURCE = {".css", ".html", ".js", ".py", ".sh"}

MIGRATIONS = ROOT / "src/rawk/adapters/postgres/migrations/versions"
"""Long lists of columns, written once and never changed again."""

CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.sleep"}
RANDOMNESS = {"random", "secrets", "uuid1", "uuid4", "urandom"}
SOURCE_OF_TIME_AND_RANDOMNESS = ROOT / "src/rawk/adapters/system.py"


@cache
def files(folder: str) -> list[Path]:
    """All Python files of ours below the folder."""
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def nodes(folder: str) -> Iterator[tuple[Path, ast.AST]]:
    for file in files(folder):
        for node in ast.walk(tree(file)):
            yield file, node


def place(file: Path, node: ast.AST) -> str:
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imported(node: ast.AST) -> list[str]:
    """Full names of what the node imports."""
    match node:
        case ast.Import(names):
            return [name.name for name in names]
        case ast.ImportFrom(module, names, 0):
            return [f"{module}.{name.name}" for name in names]
        case _:
            return []


def called(node: ast.AST) -> str:
    """The last two parts of what the node calls: `clock.sleep`, `datetime.now`, `sleep`; or nothing."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name)):
            return f"{owner}.{name}"
        case ast.Call(func=ast.Attribute(attr=name)):
            return f"….{name}"
        case ast.Call(func=ast.Name(id=name)):
            return name
        case _:
            return ""


def test_there_is_something_to_look_at():
    for folder in ("src", "sim", "scenarios", "tests"):
        assert files(folder), folder


# what may know what; the arrows inside the product are import-linter's (pyproject.toml)


@pytest.mark.parametrize("stranger", ["sim", "scenarios", "tests", "pytest", "localstack", "httpx", "respx"])
def test_the_product_knows_nothing_of_its_tests(stranger):
    knowing = [
        place(file, node)
        for file, node in nodes("src")
        if any(name.split(".")[0] == stranger for name in imported(node))
    ]

    assert knowing == []


def test_a_scenario_imports_only_from_sim():
    """`from sim import faults, minutes`: whatever is behind that page may change."""
    behind = [
        place(file, node)
        for file, node in nodes("scenarios")
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim."))
        or any(name == "rawk" or name.startswith(("rawk.", "tests.")) for name in imported(node))
    ]

    assert behind == []


# faults


@pytest.mark.parametrize("family", faults.__all__[2:])
def test_every_fault_is_used_in_a_scenario_or_in_a_test_with_real_parts(family):
    """A fault that nothing triggers may as well not work."""
    met = "\n".join(
        file.read_text(encoding="utf-8")
        for folder in ("scenarios", "tests/integration/faults")
        for file in files(folder)
    )
    module = importlib.import_module(f"sim.faults.{family}")
    ours = [
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]

    # Of `aws` there are only the words that storage and queue are made of.
    assert [name for name in ours if family != "aws" and not re.search(rf"\b{family}\.{name}\b", met)] == []


# time and randomness


def test_a_scenario_never_sleeps():
    sleeping = [place(file, node) for file, node in nodes("scenarios") if called(node).split(".")[-1] == "sleep"]

    assert sleeping == []


def test_a_unit_test_sleeps_on_a_clock_of_its_own_only():
    """Giving way to other tasks, `asyncio.sleep(0)`, is no waiting."""
    sleeping = [
        place(file, node)
        for file, node in nodes("tests/unit")
        if called(node) in {"sleep", "time.sleep"}
        or (called(node) == "asyncio.sleep" and ast.unparse(node) != "asyncio.sleep(0)")
    ]

    assert sleeping == []


def test_the_product_takes_its_time_from_one_place():
    elsewhere = [
        place(file, node)
        for file, node in nodes("src")
        if file != SOURCE_OF_TIME_AND_RANDOMNESS
        and (called(node) in CLOCKS or any(name in CLOCKS for name in imported(node)))
    ]

    assert elsewhere == []


def test_the_product_takes_its_randomness_from_one_place():
    elsewhere = [
        place(file, node)
        for file, node in nodes("src")
        if file != SOURCE_OF_TIME_AND_RANDOMNESS
        and any({name.split(".")[0], name.split(".")[-1]} & RANDOMNESS for name in imported(node))
    ]

    assert elsewhere == []


# size


@pytest.mark.parametrize("folder", ["src", "sim", "scenarios", "terraform"])
def test_a_file_has_at_most_500_lines(folder):
    sizes = {file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in files(folder)}

    assert {file: lines for file, lines in sizes.items() if lines > LONGEST_FILE_LINES} == {}


@pytest.mark.parametrize("folder", ["src", "sim", "scenarios", "terraform", "tests"])
def test_a_function_has_at_most_60_lines(folder):
    too_long = [
        f"{place(file, node)} {node.name}"
        for file, node in nodes(folder)
        if file.parent != MIGRATIONS
        and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION_LINES
    ]

    assert too_long == []


@pytest.mark.parametrize("top", ["src", "sim", "terraform", "tests", "benchmarks"])
def test_a_folder_has_at_most_20_files(top):
    """More files than one sees at a glance are several subjects. (Each folder of `scenarios` is a list, and may be
    long.)"""
    sizes = Counter(file.parent for file in (ROOT / top).rglob("*") if file.suffix in SOURCE)

    too_many = {
        str(folder.relative_to(ROOT)): count for folder, count in sizes.items() if count > MOST_FILES_IN_A_FOLDER
    }
    assert too_many == {}


# packages and modules


@pytest.mark.parametrize("package", ["src/rawk", "sim"])
def test_every_folder_is_a_package(package):
    """Without an __init__.py it is missing in the wheel. A `sitecustomize` is put on a path, not into a package."""
    folders = {file.parent for file in files(package) if file.name != "sitecustomize.py"}

    assert [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_of_the_product_can_be_imported():
    """Python 3.13 evaluates annotations at once: a name that only the type checker imports must be quoted."""
    for module in pkgutil.walk_packages(rawk.__path__, "rawk."):
        # These two run what they are when they are imported: the command, and a migration.
        if module.name not in {"rawk.__main__", "rawk.adapters.postgres.migrations.env"}:
            importlib.import_module(module.name)


@pytest.mark.parametrize("folder", ["src", "sim", "scenarios", "terraform"])
def test_every_file_says_what_for(folder):
    silent = [
        str(file.relative_to(ROOT)) for file in files(folder) if tree(file).body and not ast.get_docstring(tree(file))
    ]

    assert silent == []


# generated pages


def test_the_reference_pages_are_up_to_date():
    assert reference.stale(ROOT / "docs/reference") == [], f"run `{reference.COMMAND}`"


# pytest's own settings


def test_pytest_is_strict():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]

    assert settings["filterwarnings"] == ["error"]
    assert settings["xfail_strict"] is True
    assert {"--strict-markers", "--strict-config"} <= set(settings["addopts"])


def test_every_marker_is_explained_and_used():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    markers = dict(marker.split(": ", 1) for marker in settings["markers"])
    used = {
        node.attr
        for _, node in nodes("tests")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "pytest.mark"
    }

    assert set(markers) <= used
    assert all(markers.values())
