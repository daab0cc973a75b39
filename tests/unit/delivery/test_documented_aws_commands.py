"""Every command of the AWS CLI in the documents exists, and so do its options: by the API's models that boto3 has.

It runs none of them, and does not see values. A command that the CLI has beside the API stands in the list below.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "terraform").rglob("*.md")])

OF_THE_CLI_ALONE = {
    ("ecr", "get-login-password"): set[str](),
    ("logs", "tail"): {"--since", "--follow"},
    ("s3", "cp"): set[str](),
    ("s3", "ls"): set[str](),
    ("sso", "login"): {"--profile"},
    ("configservice", "put-configuration-recorder"): {"--recording-group"},
    ("acm", "wait"): {"--certificate-arn"},
    ("ec2", "get-console-output"): {"--latest"},
}
"""Commands, or options of them, that are no operation of an API."""

GLOBAL = {"--query", "--output", "--region", "--profile", "--cli-binary-format"}
OTHER_NAMES = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
CODE = re.compile(r"^```console\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\baws ([a-z][a-z0-9-]+) ([a-z][a-z0-9-]+)")
OF_OTHERS = re.compile(r"\| *(?!aws )[^|)]*")
"""What stands behind a pipe."""

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


@cache
def session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def options_of(service: str, command: str) -> set[str] | None:
    """The options of a command; None if there is no such command."""
    own = OF_THE_CLI_ALONE.get((service, command))
    name = OTHER_NAMES.get(service, service)
    if name not in session().get_available_services():
        return own
    model = session().get_service_model(name)
    operations = {xform_name(each, "-"): each for each in model.operation_names}
    if command not in operations:
        return own
    shape = model.operation_model(operations[command]).input_shape
    members = shape.members if shape else {}
    names = {xform_name(member, "-") for member in members}
    switches = {xform_name(name, "-") for name, member in members.items() if member.type_name == "boolean"}
    return {f"--{each}" for each in names} | {f"--no-{each}" for each in switches} | (own or set())


def lines(document: str) -> Iterator[str]:
    """Code: each line of a console, and each span that begins with the command."""
    for block, span in CODE.findall(document):
        yield from block.splitlines()
        if span.startswith("aws "):
            yield span


def complaints(document: str) -> list[str]:
    found = []
    for line in lines(document):
        commands = COMMAND.findall(line)
        unknown = [each for each in commands if options_of(*each) is None]
        found += [f"there is no command aws {' '.join(each)}" for each in unknown]
        if commands and not unknown:
            # A command inside of another shares its line: an option may be of either.
            allowed = GLOBAL.union(*(options_of(*each) or set() for each in commands))
            after = OF_OTHERS.sub("", line[line.index("aws ") :])
            found += [f"{each} is no option of: {line[:100]}" for each in OPTION.findall(after) if each not in allowed]
    return found


def test_documented_commands_exist() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {complaint}"
        for file in DOCUMENTS
        for complaint in complaints(file.read_text(encoding="utf-8"))
    }

    assert sorted(found) == []


def test_there_are_such_commands() -> None:
    texts = [file.read_text(encoding="utf-8") for file in DOCUMENTS]

    assert len([command for text in texts for line in lines(text) for command in COMMAND.findall(line)]) > 40


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("`aws sqs get-queue-attribute --queue-url x`", "there is no command aws sqs get-queue-attribute"),
        ("`aws sqss list-queues`", "there is no command aws sqss list-queues"),
        ("```console\n$ aws sqs list-queues --prefix rawk\n```", "--prefix is no option of: "),
        ("`aws lambda invoke --function-name $(aws sts get-caller-identity --quary Account)`", "--quary is no option"),
        ("`aws logs tail x --color off`", "--color is no option of: "),
        ("`aws guardduty create-detector --no-enabled`", "--no-enabled is no option of: "),
    ],
)
def test_a_wrong_command_is_found(text: str, complaint: str) -> None:
    assert [each for each in complaints(text) if complaint in each]


@pytest.mark.parametrize(
    "text",
    [
        "`aws sqs list-queues --queue-name-prefix rawk --query QueueUrls --output text`",
        "`aws lambda update-event-source-mapping --uuid U --no-enabled`",
        "`aws s3api create-bucket --bucket b`",
        "`docker run --rm aws`",
        "`aws ecr get-login-password | docker login --username AWS`",
        "`engine aws cannot kill workers`",
        "the aws command line --not-code",
    ],
)
def test_a_right_command_is_not(text: str) -> None:
    assert complaints(text) == []
