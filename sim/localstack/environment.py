"""LocalStack's own environment, built once per lock and machine into `.sim/environments`.

LocalStack needs older libraries than the product, so the two never share an environment.
"""

import platform
import sys
from pathlib import Path

from sim.localstack.extension.rawk_emulator.declare import declare
from sim.platform import locked_environment
from sim.platform.locked_environment import EnvironmentNotBuilt, LockedEnvironment, Say, python_of

HERE = Path(__file__).parent
LOCK = HERE / "requirements.txt"
EXTENSION = HERE / "extension"

PYTHON = (3, 13)
"""LocalStack 4.14 needs it: on an older Python its /health says ready and every call answers 500."""

INDEX_SCRIPT = """
import json, pathlib, sys
from localstack.aws import spec
from localstack.utils.aws.aws_stack import get_valid_regions_for_service
folder, *services = map(pathlib.Path, sys.argv[1:])
folder.mkdir(parents=True, exist_ok=True)
spec.build_service_index_cache(str(folder / spec._get_catalog_filename()))
regions = {service: get_valid_regions_for_service(service) for service in map(str, services)}
(folder / "regions.json").write_text(json.dumps(regions))
"""

SERVICES = (
    "cloudwatch",
    "events",
    "iam",
    "lambda",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "sts",
)
"""The services that a world uses."""


def prepare_environment(say: Say = lambda _: None, home: Path | None = None) -> Path:
    """Build LocalStack's environment unless it exists, and return its folder.

    `say` gets a line for each step that takes time. Raises EnvironmentNotBuilt.
    """
    _check_python()
    return _environment().prepare(say, home)


def _environment() -> LockedEnvironment:
    return LockedEnvironment(
        name="localstack",
        owner="LocalStack's",
        release="LocalStack 4.14.0",
        megabytes=80,
        lock=LOCK,
        # The environment contains the entry points and the index, but not the extension's code.
        depends_on=((EXTENSION / "pyproject.toml").read_bytes(), f"{INDEX_SCRIPT} {SERVICES}".encode()),
        finish=_finish,
    )


def _finish(environment: Path, say: Say) -> None:
    _declare_extension(environment)
    say("  indexing AWS's services ...")
    locked_environment.run(
        [python_of(environment), "-c", INDEX_SCRIPT, static_files_of(environment), *SERVICES], "index AWS's services"
    )


def static_files_of(environment: Path) -> Path:
    """The files that are computed once for all starts: LocalStack's index of AWS's services and regions."""
    return environment / "static"


def _check_python() -> None:
    if sys.version_info[:2] != PYTHON:
        raise EnvironmentNotBuilt(
            f"LocalStack 4.14 needs Python {PYTHON[0]}.{PYTHON[1]}, this is {platform.python_version()}: "
            "run the harness with that Python."
        )


def _declare_extension(environment: Path) -> None:
    """Install the extension's entry points, not its code, which comes by PYTHONPATH from this checkout."""
    declare(environment / "lib" / f"python{PYTHON[0]}.{PYTHON[1]}" / "site-packages")
