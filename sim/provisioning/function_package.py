"""The functions' code as a zip: `src/rawk` and its bytecode, the same bytes for the same sources.

It has no libraries: locally they come from the functions' environment, and `lambda_packages` adds them for AWS.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sim.app import APP
from sim.provisioning.errors import ProvisionError
from sim.provisioning.zip_archives import files_below, with_bytecode, zip_of

__all__ = ["RUN_SH", "build_api_package", "build_package", "product_files"]

RUN_SH = "run.sh"
"""The API's handler, for a function with the Lambda Web Adapter."""


def build_package(sources: Path | None = None) -> bytes:
    """Zip one Python package, by default the product. Raises ProvisionError without one."""
    return zip_of(with_bytecode(product_files(sources)))


def build_api_package(sources: Path | None = None) -> bytes:
    """The package of the API as a function: the product and `run.sh`. Raises ProvisionError without one."""
    return zip_of({**with_bytecode(product_files(sources)), RUN_SH: run_sh(sources)})


def product_files(sources: Path | None = None) -> dict[str, bytes]:
    """The package's files by their names in a zip. Raises ProvisionError."""
    sources = sources or _product()
    if not (sources / "__init__.py").is_file():
        raise ProvisionError(f"{sources} is not a Python package: it has no __init__.py.")
    return files_below(sources, prefix=f"{sources.name}/")


def run_sh(sources: Path | None = None) -> bytes:
    """The script that starts the API. Raises ProvisionError."""
    script = (sources or _product()).parent / RUN_SH
    if not script.is_file():
        raise ProvisionError(f"there is no {script}, so the API cannot be packaged as a function.")
    return script.read_bytes()


def _product() -> Path:
    found = find_spec(APP.processes.package)
    if found is None or found.origin is None:
        raise ProvisionError(
            f"The package {APP.processes.package} is not importable here, so there is no code for the functions."
        )
    return Path(found.origin).parent
