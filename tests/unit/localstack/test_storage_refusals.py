"""What S3 refuses: the parts that need no LocalStack."""

import pytest

from sim.localstack.extension.rawk_emulator.iam.s3_actions import OPERATIONS
from sim.localstack.extension.rawk_emulator.s3.refusals.actions import is_action
from sim.localstack.extension.rawk_emulator.s3.refusals.objects import not_an_integer


@pytest.mark.parametrize("action", sorted(set(OPERATIONS.values())))
def test_every_action_that_a_call_needs_can_stand_in_a_policy(action: str) -> None:
    assert is_action(f"s3:{action}")


@pytest.mark.parametrize(
    "text", ["*", "s3:*", "S3:GETOBJECT", "s3:Get*", "s3:?etObject", "s3:GetObject*Acl", "s3-object-lambda:GetObject"]
)
def test_case_does_not_count_and_wildcards_stand_for_actions(text: str) -> None:
    assert is_action(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3",
        "s3:",
        "GetObject",
        "s3:ReadObject",
        "s3:GetObjec",
        "s3:Read*",
        "s3:[GP]etObject",
        "sqs:*",
        "*:GetObject",
    ],
)
def test_what_names_no_action_of_s3_is_refused(text: str) -> None:
    assert not is_action(text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MaxKeys", "Provided max-keys not an integer"),
        ("PartNumberMarker", "Provided part-number-marker not an integer"),
        ("PartNumber", "Part number must be an integer between 1 and 10000"),
    ],
)
def test_a_number_is_named_as_the_query_names_it(name: str, words: str) -> None:
    assert not_an_integer(name).startswith(words)
