"""Refusals of SSM's Parameter Store: names, sizes by tier, patterns.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
"""

import re
from collections.abc import Callable

from .refused import Call, Check, Refused

MAX_LEVELS = 15
MAX_STANDARD, MAX_ADVANCED = 4096, 8192
STANDARD = "Standard"
_NAME = re.compile(r"/?[\w.-]+(/[\w.-]+)*", re.ASCII)
_PATH = re.compile(r"/|(/[\w.-]+)+/?", re.ASCII)
_ONLY_IN_JAVA = re.compile(r"\\[pP]\{")
"""Classes of characters that Python's regular expressions do not have."""
_NAME_MESSAGE = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following "
    "3 symbols .-_"
)
_PATH_MESSAGE = (
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    '"/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the '
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    'specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.'
)
_UPGRADE_MESSAGE = (
    f"Standard tier parameters support a maximum parameter value of {MAX_STANDARD} characters. To create a larger "
    "parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"
)


def checks(tier_of: Callable[[Call], str | None]) -> dict[str, Check]:
    """The checks by operation. `tier_of` finds the tier of the call's parameter, where that exists."""

    def check_parameter(call: Call) -> None:
        _check_name(call.text("Name"))
        _check_size(call.text("Value"), call.text("Tier") or tier_of(call) or STANDARD)
        _check_pattern(call)

    return {"GetParameters": _check_names, "GetParametersByPath": _check_path, "PutParameter": check_parameter}


def _check_name(name: str) -> None:
    path = name.split(":parameter", 1)[1] if name.startswith("arn:") and ":parameter" in name else name
    if path.endswith("/"):
        raise _invalid("Parameter name must not end with slash.")
    if not _NAME.fullmatch(path):
        raise _invalid(_NAME_MESSAGE)
    if "/" in path and not path.startswith("/"):
        raise _invalid("Parameter name must be a fully qualified name.")
    if path.count("/") > MAX_LEVELS:
        message = f"A parameter name hierarchy can have a maximum of {MAX_LEVELS} levels."
        raise Refused("HierarchyLevelLimitExceededException", message)


def _check_size(value: str, tier: str) -> None:
    if tier == STANDARD and len(value) > MAX_STANDARD:
        raise _invalid(_UPGRADE_MESSAGE)
    if len(value) > MAX_ADVANCED:
        raise _invalid(f"Advanced tier parameters support a maximum parameter value of {MAX_ADVANCED} characters.")


def _check_pattern(call: Call) -> None:
    pattern, value = call.text("AllowedPattern"), call.text("Value")
    if not pattern or _ONLY_IN_JAVA.search(pattern):
        return
    try:
        found = re.search(pattern, value)
    except re.error:
        raise Refused("InvalidAllowedPatternException", f"Invalid AllowedPattern: {pattern}") from None
    if found is None:
        message = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
        raise Refused("ParameterPatternMismatchException", message)


def _check_names(call: Call) -> None:
    names = call.parameters.get("Names") or ()
    if len(names) != len(set(names)):
        raise _invalid("Duplicate parameter names are not allowed.")


def _check_path(call: Call) -> None:
    if not _PATH.fullmatch(call.text("Path")):
        raise _invalid(_PATH_MESSAGE)


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
