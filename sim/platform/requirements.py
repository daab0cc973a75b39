"""What `sim` needs before it can be imported: Python 3.13 and its packages.

This file, `sim/__init__.py` and `sim/__main__.py` parse under older Pythons, so that these get a sentence and no
traceback.
"""

import sys
from importlib.util import find_spec
from typing import NoReturn

EXIT_NOT_READY = 2
MAJOR, MINOR = 3, 13


def require_python(major: int = sys.version_info[0], minor: int = sys.version_info[1]) -> None:
    """Exit with 2 and one sentence unless this Python is new enough."""
    if (major, minor) < (MAJOR, MINOR):
        refuse(f"sim needs Python {MAJOR}.{MINOR}, and this is Python {major}.{minor}")


def require_packages(*names: str) -> None:
    """Exit with 2 and one sentence unless all packages of these names can be imported."""
    for name in names:
        if find_spec(name) is None:
            refuse(f"the package {name} is not installed here")


def refuse(problem: str) -> NoReturn:
    """Exit with 2; the sentence says what to do."""
    advice = "run `tox -e sim -- COMMAND` or `tox -e scenarios`: tox builds the environment (README.md)"
    sys.stderr.write(f"sim: {problem}; {advice}\n")
    raise SystemExit(EXIT_NOT_READY)
