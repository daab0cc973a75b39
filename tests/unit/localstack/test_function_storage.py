"""What Python refuses a function: changes of the folder of its code, and more in /tmp than there is room for.

Here the process gets no file system of its own, as where Linux does not permit it. Each case runs in a process of its
own, because an audit hook cannot be removed.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sim.localstack.extension.rawk_emulator.in_function import storage

IN_FUNCTION = Path(storage.__file__).parent
OF_APPLICATIONS = IN_FUNCTION / "of_applications"

RESTRICT = f"""
sys.path.insert(0, {str(IN_FUNCTION)!r})
import file_system, storage
file_system.enter = lambda *given: False
storage.MIB = 1024
storage.restrict(os.environ)
"""

BY_INTERPRETER = f"assert {storage.STORAGE_VARIABLE!r} not in os.environ"
"""A web application of Python is restricted before its first line."""


def run(tmp_path: Path, source: str, tmp_kib: int = 64, restrict: str = RESTRICT) -> str:
    """What a function in `code/` prints: `refused ERRNO` of the first OSError, or what its source prints."""
    code, tmp = tmp_path / "code", tmp_path / "tmp"
    for folder in (code, tmp):
        folder.mkdir(exist_ok=True)
    (code / "module.py").write_text("value = 1\n", encoding="utf-8")
    program = (
        f"import errno, os, sys\n{restrict}\ntmp = {str(tmp)!r}\n"
        f"try:\n{textwrap.indent(textwrap.dedent(source), '    ')}\n"
        "except OSError as error:\n    print('refused', errno.errorcode[error.errno])\nelse:\n    print('accepted')\n"
    )
    own = {"LAMBDA_TASK_ROOT": str(code), "TMPDIR": str(tmp), storage.STORAGE_VARIABLE: str(tmp_kib)}
    path = str(OF_APPLICATIONS) if restrict == BY_INTERPRETER else ""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=code,
        env={**os.environ, "PYTHONPATH": path, **own},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "source",
    [
        "open('new', 'w')",
        "open('module.py', 'a')",
        "open(os.path.abspath('module.py'), 'r+')",
        "os.open(b'new', os.O_CREAT | os.O_WRONLY)",
        "os.mkdir('folder')",
        "os.remove('module.py')",
        "os.rename('module.py', os.path.join(tmp, 'module.py'))",
        "os.symlink(tmp, 'link')",
        "os.truncate('module.py', 0)",
        "os.chmod('module.py', 0o777)",
        "os.utime('module.py')",
        "import pathlib; pathlib.Path('new').write_text('text')",
        "import shutil; shutil.copy('module.py', 'copy.py')",
        "os.symlink(os.getcwd(), os.path.join(tmp, 'code')); open(os.path.join(tmp, 'code', 'new'), 'w')",
    ],
)
def test_the_folder_of_the_code_is_read_only(tmp_path: Path, source: str) -> None:
    assert run(tmp_path, source) == "refused EROFS"


@pytest.mark.parametrize(
    "source",
    [
        "open('module.py').read()",
        "import module",
        "open(os.path.join(tmp, 'new'), 'w').write('text')",
        "os.mkdir(os.path.join(tmp, 'folder'))",
        "os.close(os.open(os.devnull, os.O_WRONLY))",
    ],
)
def test_reading_the_code_and_writing_to_tmp_are_allowed(tmp_path: Path, source: str) -> None:
    assert run(tmp_path, f"sys.path.insert(0, '')\n{source}") == "accepted"


def test_compiled_modules_are_kept(tmp_path: Path) -> None:
    run(tmp_path, "sys.dont_write_bytecode = False\nsys.path.insert(0, '')\nimport module")

    assert list((tmp_path / "code" / "__pycache__").iterdir())


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("[open(os.path.join(tmp, str(n)), 'wb').write(b'x' * 16_384) for n in range(4)]", "accepted"),
        ("[open(os.path.join(tmp, str(n)), 'wb').write(b'x' * 17_000) for n in range(5)]", "refused ENOSPC"),
        ("open(os.path.join(tmp, 'one'), 'wb').write(b'x' * 70_000)", "refused EFBIG"),
    ],
    ids=["all of it", "many files", "one file"],
)
def test_tmp_holds_no_more_than_its_size(tmp_path: Path, source: str, outcome: str) -> None:
    assert run(tmp_path, source) == outcome


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("open('new', 'w')", "refused EROFS"),
        ("os.remove('module.py')", "refused EROFS"),
        ("open(os.path.join(tmp, 'new'), 'w').write('text')", "accepted"),
        ("[open(os.path.join(tmp, str(n)), 'wb').write(b'x' * (1 << 20)) for n in range(3)]", "refused ENOSPC"),
    ],
)
def test_a_web_application_in_python_is_refused_the_same(tmp_path: Path, source: str, outcome: str) -> None:
    assert run(tmp_path, source, tmp_kib=1, restrict=BY_INTERPRETER) == outcome
