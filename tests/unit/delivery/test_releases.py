"""What is deployed when, as the workflow says it, and the tags that every resource has."""

import re

import pytest

from tests.mutants.mutants import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "ci-cd.yml").read_text(encoding="utf-8")
DEPLOYED = "github.ref_type == (vars.DEPLOY_FROM || 'branch')"


def job(name: str) -> str:
    """The text of one job of the workflow."""
    found = re.search(rf"^  {name}:\n(?:    .*\n|\n|  #.*\n)+", WORKFLOW, re.MULTILINE)
    assert found is not None
    return found[0]


def condition_of(name: str) -> str:
    (condition,) = re.findall(r"^    if: (.+)$", job(name), re.MULTILINE)
    return str(condition)


def test_a_tag_starts_the_workflow() -> None:
    assert re.search(r'^  push:\n    branches: \[main\]\n    tags: \["v\*"\]\n', WORKFLOW, re.MULTILINE)


@pytest.mark.parametrize("name", ["plan", "deploy"])
def test_either_commits_of_the_branch_or_tags_are_deployed(name: str) -> None:
    assert condition_of(name).endswith(f" && {DEPLOYED}")
    assert "github.event_name == 'push'" in condition_of(name)


def test_the_preview_of_a_pull_request_is_for_pull_requests_alone() -> None:
    assert "github.event_name == 'pull_request'" in condition_of("preview")
    assert "ref_type" not in condition_of("preview")


def test_a_tag_pushes_images_only_where_tags_are_deployed() -> None:
    """Elsewhere the push role does not trust it, and the job would fail."""
    conditions = re.findall(r"^        if: (.+)$", job("images"), re.MULTILINE)
    assert len(conditions) == 2
    assert all(each.endswith("(github.ref_type == 'branch' || vars.DEPLOY_FROM == 'tag')") for each in conditions)


@pytest.mark.parametrize(("file", "providers"), [("main.tf", 2), ("bootstrap/main.tf", 1)])
def test_every_provider_of_aws_has_default_tags(file: str, providers: int) -> None:
    """A resource whose module sets no tag of the pipeline has it all the same: the passwords' secrets are such."""
    text = (ROOT / "terraform" / file).read_text(encoding="utf-8")
    blocks = re.findall(r'^provider "aws" \{\n(?:  .*\n|\n)+\}', text, re.MULTILINE)
    assert len(blocks) == providers
    assert all("default_tags {" in block for block in blocks)


def test_nothing_of_the_delivery_has_the_tag_of_a_pipeline() -> None:
    """The deploy role may change what has it: its own permissions would be among that."""
    text = (ROOT / "terraform" / "bootstrap" / "main.tf").read_text(encoding="utf-8")
    assert not re.search(r"\bPipeline\s*=", text)
    assert re.search(r"\bDelivery\s*=", text)
