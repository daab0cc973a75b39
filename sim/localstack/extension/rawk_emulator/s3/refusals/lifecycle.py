"""Refusals about lifecycle rules.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
"""

from typing import Any

from .refused import Parameters, Refused, invalid_argument, malformed_xml

MAX_RULES = 1000
MAX_ID = 255
INFREQUENT_DAYS = 30
CLASSES = {"GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"}
INFREQUENT = {"STANDARD_IA", "ONEZONE_IA"}
ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)


def check_lifecycle(parameters: Parameters) -> None:
    """Every rule by itself, and their identifiers together."""
    rules = (parameters.get("LifecycleConfiguration") or {}).get("Rules") or ()
    if not 0 < len(rules) <= MAX_RULES:
        raise malformed_xml()
    for each in rules:
        _check_rule(each)
    names = [each["ID"] for each in rules if each.get("ID")]
    if len(names) != len(set(names)):
        raise invalid_argument("Rule ID must be unique. Found same ID for more than one rule")


def _check_rule(rule: Any) -> None:
    if len(rule.get("ID") or "") > MAX_ID:
        raise invalid_argument("ID length should not exceed allowed limit of 255")
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise malformed_xml()
    if not any(rule.get(each) for each in ACTIONS):
        raise Refused("InvalidRequest", "At least one action needs to be specified in a rule")
    _check_expiration(rule.get("Expiration") or {})
    _check_abort(rule)
    for each in rule.get("Transitions") or ():
        _check_transition(each, rule.get("Expiration") or {})


def _check_expiration(expiration: Any) -> None:
    if sum(each in expiration for each in ("Date", "Days", "ExpiredObjectDeleteMarker")) > 1:
        raise malformed_xml()
    if "Days" in expiration and expiration["Days"] < 1:
        raise invalid_argument("'Days' for Expiration action must be a positive integer")


def _check_abort(rule: Any) -> None:
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is None:
        return
    if (abort.get("DaysAfterInitiation") or 0) < 1:
        action = "AbortIncompleteMultipartUpload"
        raise invalid_argument(f"'DaysAfterInitiation' for {action} action must be a positive integer")
    chosen = rule.get("Filter") or {}
    if chosen.get("Tag") or (chosen.get("And") or {}).get("Tags"):
        raise Refused("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags")


def _check_transition(transition: Any, expiration: Any) -> None:
    kind, days = transition.get("StorageClass"), transition.get("Days")
    if kind not in CLASSES or ("Days" in transition and "Date" in transition):
        raise malformed_xml()
    if days is None:
        return
    if days < 0:
        raise invalid_argument("'Days' for Transition action must be a nonnegative integer")
    if kind in INFREQUENT and days < INFREQUENT_DAYS:
        raise invalid_argument(
            f"'Days' in Transition action must be greater than or equal to {INFREQUENT_DAYS} for storageClass '{kind}'"
        )
    if "Days" in expiration and expiration["Days"] <= days:
        raise invalid_argument("'Days' in the Expiration action must be greater than 'Days' in the Transition action")
