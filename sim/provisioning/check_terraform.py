"""Every check of the Terraform configuration that needs no AWS: `tox -e terraform`.

Format, validity, the native tests, and whether the checked-in rendering is what Terraform says. All of them
run in a copy, so that nothing is left in the checkout; all of them run, even when one has failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sim.provisioning import render
from sim.provisioning.errors import ProvisionError, RenderingError, TerraformError
from sim.provisioning.terraform import Terraform, copy_configuration, find_terraform

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks and say of each what came of it. Exit code 0 when all hold, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="tox -e terraform --", description=__doc__)
    parser.add_argument(
        "--skip-without-terraform", action="store_true", help="where there is none, say so and end well"
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
            "tests": lambda: terraform.run("test", "-no-color", timeout_seconds=900, progress=print),
            "rendering": _rendering_is_current,
        }
        failed = [name for name, check in checks.items() if not _holds(name, check)]
    return 1 if failed else 0


def _holds(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except ProvisionError as error:
        print(f"terraform: {name} FAILED: {error}", file=sys.stderr)
        return False
    print(f"terraform: {name} fine")
    return True


def _rendering_is_current() -> None:
    if render.main(["--check"]) != 0:
        raise RenderingError("the checked-in rendering is not what Terraform says, see above")


if __name__ == "__main__":
    sys.exit(main())
