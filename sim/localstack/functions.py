"""Two helpers to create a Lambda function on an emulator: a package from sources, and waiting until it is active."""

import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sim.clock.clocks import RealClock

ACTIVE_WITHIN = timedelta(seconds=10)


def wait_until_active(lambda_: Any, name: str) -> None:
    """Wait until a new function can be invoked, 10 s at most; a later invocation then fails with the reason."""

    def is_created() -> bool:
        return bool(lambda_.get_function_configuration(FunctionName=name)["State"] != "Pending")

    RealClock().wait_until(is_created, ACTIVE_WITHIN)


def zip_of(files: Mapping[str, str]) -> bytes:
    """A function's package (a zip archive) from sources by file name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files.items():
            archive.writestr(name, source)
    return buffer.getvalue()
