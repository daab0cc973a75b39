"""Unpacked code: one folder for each package, whoever runs it, which stays for as long as the emulator lives.

Stock LocalStack unpacks the same package for every function anew, and removes a version's code the moment its successor
is in force, while environments of the old version may still be starting: they would find their folder empty. On AWS
they run to their end. Code is only ever read (on AWS its folder can not be written), so it can be shared.
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
        with _unpacking:  # two functions of the same package may be made at once
            stock(code)

    S3Code.get_unzipped_code_location = unpacked
    S3Code.prepare_for_execution = prepare_for_execution
    S3Code.destroy_cached = lambda _: None


def unpacked(code: Any) -> Path:
    """Where a package lies, by its digest."""
    return Path(tempfile.gettempdir(), "lambda", "packages", b64decode(code.code_sha256).hex(), "code")
