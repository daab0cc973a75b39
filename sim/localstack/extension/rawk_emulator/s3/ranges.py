"""A Range in another unit than bytes, or one that cannot be read, is ignored: the answer is the whole object.

Stock LocalStack 4.14 takes every unit for bytes, and `1_0` for a number. https://www.rfc-editor.org/rfc/rfc9110#section-14.2
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import re
from typing import Any

from localstack.services.s3 import provider

_RANGE = re.compile(r"bytes=[0-9]*-[0-9]*", re.IGNORECASE)

_stock = provider.parse_range_header


def install() -> None:
    """Read ranges so from now on."""
    provider.parse_range_header = parse


def parse(header: str, object_size: int) -> Any:
    """The range; None where the header is ignored. Raises InvalidRange."""
    return _stock(header, object_size) if _RANGE.fullmatch(header) else None
