"""All checks of the Terraform configuration that need no AWS: `tox -e terraform`.

Format, validity, the native tests, the examples, and the freshness of the checked-in rendering. They run in a copy, so
that nothing is left in the checkout. All of them run, also when one has failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.provisioning import render
from sim.provisioning.errors import ProvisionError, RenderingError, TerraformError
from sim.provisioning.example_tests import write_example_tests
from sim.provisioning.terraform import Terraform, copy_configuration, find_terraform

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks and print the result of each. Returns the exit code: 0 when all pass, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="tox -e terraform --", description=__doc__)
    parser.add_argument(
        "--skip-without-terraform",
        action="store_true",
        help="when terraform is missing, print a sentence and exit with 0",
    )
    skips = parser.parse_args(arguments).skip_without_terraform
    try:
        find_terraform()
    except TerraformError as error:
        print(f"terraform: {'skipped: ' if skips else ''}{error}", file=sys.stderr)
        return 0 if skips else 1
    with tempfile.TemporaryDirectory(prefix="rawk-terraform-") as folder:
        try:
            terraform = Terraform(copy_configuration(Path(folder)))
            terraform.run("init", "-backend=false", "-no-color")
        except ProvisionError as error:
            print(f"terraform: {error}", file=sys.stderr)
            return 1
        checks: dict[str, Callable[[], object]] = {
            "format": lambda: terraform.run("fmt", "-recursive", "-check", "-diff", "-no-color"),
            "validity": lambda: terraform.run("validate", "-no-color"),
            "tests": lambda: _tests_pass(terraform),
            "rendering": _rendering_is_current,
        }
        failed = [name for name, check in checks.items() if not _passes(name, check)]
    return 1 if failed else 0


def _passes(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except ProvisionError as error:
        print(f"terraform: {name} FAILED: {error}", file=sys.stderr)
        return False
    print(f"terraform: {name} passed")
    return True


def _tests_pass(terraform: Terraform) -> None:
    write_example_tests(terraform.folder)
    terraform.run("test", "-no-color", timeout_seconds=900, progress=print)


def _rendering_is_current() -> None:
    if render.main(["--check"]) != 0:
        raise RenderingError("the checked-in rendering is stale, see above")


if __name__ == "__main__":
    sys.exit(main())
