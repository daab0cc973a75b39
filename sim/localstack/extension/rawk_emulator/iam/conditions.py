"""IAM's `Condition` blocks, with the common operators.

A block holds, does not hold, or cannot be evaluated: an operator or a key that this module does not know is UNKNOWN.
Then no Allow applies and every Deny does (policy.py). A known key that the request lacks follows AWS: a positive
comparison fails, a negated one holds, `...IfExists` holds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from ipaddress import ip_address, ip_network

from .patterns import UNKNOWN, Context, Literal, Pattern, Truth, wildcard_matcher

Compare = Callable[[str, str], bool]
"""Whether a value of the request matches one of the policy's. Raises ValueError when either has the wrong type."""

KNOWN_KEYS = frozenset(
    (
        *("aws:currenttime", "aws:epochtime", "aws:principalaccount", "aws:principalarn", "aws:principaltype"),
        *(
            "aws:referer",
            "aws:requestedregion",
            "aws:resourceaccount",
            "aws:securetransport",
            "aws:sourceaccount",
            "aws:sourcearn",
        ),
        *("aws:sourceip", "aws:useragent", "aws:userid", "aws:username", "aws:viaawsservice"),
        *("cloudwatch:namespace", "iam:passedtoservice", "lambda:functionarn", "lambda:functionurlauthtype"),
        *("s3:delimiter", "s3:max-keys", "s3:prefix", "s3:versionid", "s3:x-amz-acl"),
        *("s3:x-amz-server-side-encryption", "s3:x-amz-storage-class"),
    )
)
"""The keys that the emulator knows about a request (actions.py, callers.py). Every other key is unknown, unless the
request's context has it: with no value, the request is known to lack it."""

KNOWN_FAMILIES = ("aws:principaltag/",)


def is_known(key: str) -> bool:
    """Whether the emulator knows this key (in lower case), if the request has it."""
    return key in KNOWN_KEYS or key.startswith(KNOWN_FAMILIES)


class Condition:
    """One line of a block: an operator, a key, and the values of which one has to match."""

    def __init__(self, operator: str, key: str, values: Iterable[object], *, with_variables: bool) -> None:
        quantifier, _, bare = operator.rpartition(":")
        self._quantifier = quantifier.lower()
        self._if_exists = bare.lower().endswith("ifexists")
        self._name = bare.lower().removesuffix("ifexists")
        self._key = key.lower()
        self._written = [_as_text(each) for each in values]
        self._negated, self._compare = OPERATORS.get(self._name, (False, None))
        self._is_pattern = self._name in PATTERN_OPERATORS
        self._patterns = [Pattern(each, with_variables=with_variables) for each in self._written]
        self._literals = [Literal(each, with_variables=with_variables) for each in self._written]

    def holds(self, context: Context) -> Truth:
        known = is_known(self._key) or self._key in context
        if not known or self._quantifier not in ("", "foranyvalue", "forallvalues"):
            return UNKNOWN
        values = context.get(self._key, ())
        if self._name == "null":
            return self._is_null(values)
        if self._compare is None:
            return UNKNOWN
        if not values:
            return self._without_values()
        return self._with(values, context)

    def _is_null(self, values: tuple[str, ...]) -> Truth:
        wanted = {each.lower() for each in self._written}
        if self._if_exists or not wanted <= {"true", "false"}:
            return UNKNOWN
        return ("true" if not values else "false") in wanted

    def _without_values(self) -> bool:
        if self._quantifier == "forallvalues" or self._if_exists:
            return True
        return self._negated and self._quantifier != "foranyvalue"

    def _with(self, values: tuple[str, ...], context: Context) -> Truth:
        fits = [self._fits(value, context) for value in values]
        if self._negated:
            fits = [None if each is None else not each for each in fits]
        # A negated operator without a quantifier means none of the values; a positive one, any of them.
        every = self._quantifier == "forallvalues" or (self._negated and self._quantifier == "")
        return all_of(fits) if every else any_of(fits)

    def _fits(self, value: str, context: Context) -> Truth:
        """Whether one value of the request matches any of the policy's."""
        if self._is_pattern:
            return any_of(pattern.matches(value, context) for pattern in self._patterns)
        assert self._compare is not None
        return any_of(_compared(self._compare, value, each.value(context)) for each in self._literals)


def conditions(block: Mapping[str, Mapping[str, object]], *, with_variables: bool) -> tuple[Condition, ...]:
    """Every line of a `Condition` block; all of them must hold."""
    return tuple(
        Condition(operator, key, values if isinstance(values, list) else [values], with_variables=with_variables)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def all_of(truths: Iterable[Truth]) -> Truth:
    """One that does not hold decides, whatever is unknown beside it."""
    result: Truth = True
    for each in truths:
        if each is False:
            return False
        if each is UNKNOWN:
            result = UNKNOWN
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """One that holds decides."""
    result: Truth = False
    for each in truths:
        if each is True:
            return True
        if each is UNKNOWN:
            result = UNKNOWN
    return result


def _compared(compare: Compare, value: str, wanted: str | None) -> Truth:
    if wanted is None:
        return UNKNOWN
    try:
        return compare(value, wanted)
    except (ValueError, InvalidOperation):
        return UNKNOWN


def _as_text(value: object) -> str:
    """JSON's booleans and numbers are allowed where strings are expected."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(value: str, wanted: str) -> bool:
    return value == wanted


def _same_but_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _arn_like(value: str, wanted: str) -> bool:
    """Each of the six components is compared by itself: a wildcard matches a colon in the last one only."""
    parts, patterns = value.split(":", 5), wanted.split(":", 5)
    if len(parts) != 6 or len(patterns) != 6:
        raise ValueError("no ARN")
    return all(wildcard_matcher(pattern)(part) for part, pattern in zip(parts, patterns, strict=True))


def _number(value: str, wanted: str, compare: Callable[[Decimal, Decimal], bool]) -> bool:
    return compare(Decimal(value), Decimal(wanted))


def _moment(value: str, wanted: str, compare: Callable[[float, float], bool]) -> bool:
    return compare(_seconds(value), _seconds(wanted))


def _seconds(text: str) -> float:
    """Seconds since 1970 of either notation of a moment."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(value: str, wanted: str) -> bool:
    return ip_address(value) in ip_network(wanted, strict=False)


def _boolean(value: str, wanted: str) -> bool:
    if {value.lower(), wanted.lower()} <= {"true", "false"}:
        return value.lower() == wanted.lower()
    raise ValueError("no boolean")


COMPARISONS: dict[str, Callable[[Decimal | float, Decimal | float], bool]] = {
    "equals": lambda one, other: one == other,
    "lessthan": lambda one, other: one < other,
    "lessthanequals": lambda one, other: one <= other,
    "greaterthan": lambda one, other: one > other,
    "greaterthanequals": lambda one, other: one >= other,
}

OPERATORS: dict[str, tuple[bool, Compare | None]] = {
    # name in lower case: whether it is negated, and what it compares by
    "stringequals": (False, _same),
    "stringnotequals": (True, _same),
    "stringequalsignorecase": (False, _same_but_case),
    "stringnotequalsignorecase": (True, _same_but_case),
    "stringlike": (False, _same),
    "stringnotlike": (True, _same),
    "arnequals": (False, _arn_like),
    "arnnotequals": (True, _arn_like),
    "arnlike": (False, _arn_like),
    "arnnotlike": (True, _arn_like),
    "bool": (False, _boolean),
    "ipaddress": (False, _in_network),
    "notipaddress": (True, _in_network),
    **{f"numeric{name}": (False, partial(_number, compare=compare)) for name, compare in COMPARISONS.items()},
    "numericnotequals": (True, partial(_number, compare=COMPARISONS["equals"])),
    **{f"date{name}": (False, partial(_moment, compare=compare)) for name, compare in COMPARISONS.items()},
    "datenotequals": (True, partial(_moment, compare=COMPARISONS["equals"])),
}

PATTERN_OPERATORS = frozenset({"stringlike", "stringnotlike"})
