"""Unpacked code packages: one folder for each package, shared by all functions, kept until the emulator ends.

Stock LocalStack unpacks the same package for every function again. It removes a version's code as soon as the next
version is active, while environments of the old version may still be starting; these would find an empty folder. On AWS
they run to their end. Code is only read (on AWS its folder is read-only), so functions can share it.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import tempfile
import threading
from base64 import b64decode
from pathlib import Path
from typing import Any

from localstack.services.lambda_.invocation.lambda_models import S3Code

_unpacking = threading.Lock()


def install() -> None:
    """Share every unpacked package, and keep it."""
    stock = S3Code.prepare_for_execution

    def prepare_for_execution(code: Any) -> None:
        with _unpacking:  # two functions with the same package may be created at the same time
            stock(code)

    S3Code.get_unzipped_code_location = unpacked
    S3Code.prepare_for_execution = prepare_for_execution
    S3Code.destroy_cached = lambda _: None


def unpacked(code: Any) -> Path:
    """The folder of an unpacked package, named by the package's digest."""
    return Path(tempfile.gettempdir(), "lambda", "packages", b64decode(code.code_sha256).hex(), "code")
