"""Refusals of Secrets Manager: values, tags, and what is scheduled for deletion.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/
"""

from collections.abc import Callable

from .refused import Call, Check, Refused

MAX_TAGS = 50


def checks(tag_keys_of: Callable[[Call], set[str]], is_deleted: Callable[[Call], bool]) -> dict[str, Check]:
    """The checks by operation, with what they ask about the call's secret."""

    def check_tags(call: Call) -> None:
        keys = {str(each.get("Key")) for each in call.parameters.get("Tags") or ()}
        if any(each.lower().startswith("aws:") for each in keys):
            raise _wrong("Tag keys that begin with aws: are reserved for system use.")
        if len(keys | tag_keys_of(call)) > MAX_TAGS:
            raise _wrong(f"A secret can have at most {MAX_TAGS} tags.")

    def check_new_secret(call: Call) -> None:
        check_value(call)
        check_tags(call)

    def check_new_value(call: Call) -> None:
        check_value(call)
        check_life(call)

    def check_life(call: Call) -> None:
        if is_deleted(call):
            message = "You can't perform this operation on the secret because it was marked for deletion."
            raise Refused("InvalidRequestException", message)

    return {
        "CreateSecret": check_new_secret,
        "PutSecretValue": check_new_value,
        "TagResource": check_tags,
        "UpdateSecret": check_value,
        "UpdateSecretVersionStage": check_life,
    }


def check_value(call: Call) -> None:
    """A value is a text or bytes."""
    if call.parameters.get("SecretString") is not None and call.parameters.get("SecretBinary") is not None:
        raise _wrong("You can't specify both a binary secret value and a string secret value in the same secret.")


def _wrong(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
