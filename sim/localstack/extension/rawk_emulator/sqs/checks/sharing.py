"""Permissions, tags and lists of queues."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import base64
import re
from collections.abc import Iterable, Mapping

from localstack.aws.api.sqs import OverLimit
from localstack.services.sqs.exceptions import InvalidParameterValueException, MissingRequiredParameterException

MAX_ACTIONS = 7
MAX_TAGS = 50
MAX_KEY_CHARACTERS = 128
MAX_VALUE_CHARACTERS = 256
MAX_RESULTS = 1000

SHARED_ACTIONS = (
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
)
"""What another account can be allowed; the other operations are the owner's.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html
"""

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_TAG = re.compile(r"[\w\s.:/=+\-@]*")


def check_permission(label: str, actions: Iterable[str] | None, accounts: Iterable[str] | None) -> None:
    """A permission that AddPermission adds."""
    wanted, principals = list(actions or []), list(accounts or [])
    if not _LABEL.fullmatch(label):
        raise InvalidParameterValueException(
            f"Value {label} for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, "
            "or underscores. 1 to 80 in length."
        )
    if not wanted:
        raise MissingRequiredParameterException("The request must contain the parameter Actions.")
    if len(wanted) > MAX_ACTIONS:
        raise OverLimit(f"{len(wanted)} Actions were found, maximum allowed is {MAX_ACTIONS}.", status_code=403)
    if not principals or not all(_ACCOUNT.fullmatch(each) for each in principals):
        shown = ",".join(principals)
        raise InvalidParameterValueException(
            f"Value [{shown}] for parameter PrincipalId is invalid. Reason: Unable to verify."
        )
    for action in wanted:
        if action not in SHARED_ACTIONS:
            raise InvalidParameterValueException(
                f"Value SQS:{action} for parameter ActionName is invalid. "
                "Reason: Only the queue owner is allowed to invoke this action."
            )


def check_tags(tags: Mapping[str, str | None] | None, existing: Mapping[str, str], queue_name: str) -> None:
    """Tags that are added to those that a queue has."""
    if not tags:
        raise MissingRequiredParameterException("The request must contain the parameter Tags.")
    if len({**existing, **tags}) > MAX_TAGS:
        raise InvalidParameterValueException(f"Too many tags added for queue {queue_name}.")
    for key, value in tags.items():
        check_tag_keys([key])
        if value is None or len(value) > MAX_VALUE_CHARACTERS or not _TAG.fullmatch(value):
            raise InvalidParameterValueException(
                f"Tag values must be between 0 and {MAX_VALUE_CHARACTERS} characters in length, and can only include "
                "letters, digits, whitespace, and _ . : / = + - @."
            )


def check_tag_keys(keys: Iterable[str] | None) -> None:
    """Keys of tags that are added or removed."""
    wanted = list(keys or [])
    if not wanted or not all(1 <= len(key) <= MAX_KEY_CHARACTERS for key in wanted):
        raise InvalidParameterValueException(
            f"Tag keys must be between 1 and {MAX_KEY_CHARACTERS} characters in length."
        )
    for key in wanted:
        if key.lower().startswith("aws:"):
            raise InvalidParameterValueException("Tag keys can't start with 'aws:', which is reserved.")
        if not _TAG.fullmatch(key):
            raise InvalidParameterValueException(
                "Tag keys can only include letters, digits, whitespace, and _ . : / = + - @."
            )


def check_page(max_results: int | None, next_token: str | None) -> None:
    """How many queues a page of a list may have, and where it begins."""
    if max_results is not None and not 1 <= max_results <= MAX_RESULTS:
        raise InvalidParameterValueException(
            "Value for parameter MaxResults is invalid. "
            f"Reason: MaxResults must be an integer between 1 and {MAX_RESULTS}."
        )
    if next_token is not None and not _is_token(next_token):
        raise InvalidParameterValueException("Invalid or expired next token.")


def _is_token(text: str) -> bool:
    """LocalStack's tokens are URLs of queues in Base64."""
    try:
        return base64.b64decode(text, validate=True).startswith(b"http")
    except ValueError:
        return False
