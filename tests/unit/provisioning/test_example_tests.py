"""Every example of `terraform/examples` becomes a test of Terraform; `tox -e terraform` runs them."""

import re
import shutil
from pathlib import Path

import pytest

from sim.provisioning.errors import TerraformError
from sim.provisioning.example_tests import write_example_tests
from sim.provisioning.terraform import CONFIGURATION

EXAMPLES = sorted(file.stem for file in (CONFIGURATION / "examples").glob("*.tfvars"))


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    for folder in ("tests", "examples"):
        shutil.copytree(CONFIGURATION / folder, tmp_path / folder)
    return tmp_path


def test_each_example_is_a_test_with_its_variables(configuration: Path) -> None:
    text = write_example_tests(configuration).read_text()

    assert re.findall(r'^run "(.+)" \{$', text, re.MULTILINE) == EXAMPLES
    _, _, last = text.partition('run "lambda-private"')
    for line in (CONFIGURATION / "examples/lambda-private.tfvars").read_text().splitlines():
        assert f"\n    {line}".rstrip() in last


def test_a_private_one_must_be_private_and_of_its_topology(configuration: Path) -> None:
    for file in (configuration / "examples").glob("*.tfvars"):
        if file.stem not in ("ecs-private", "ec2-minimal"):
            file.unlink()

    minimal, private = write_example_tests(configuration).read_text().split('\nrun "')[1:]

    assert '= var.topology == "ec2"\n' in minimal
    assert 'startswith(var.topology, "ecs") && (local.shape.private ? !local.database_is_public' in private


def test_the_mocked_provider_is_that_of_the_topologies_tests(configuration: Path) -> None:
    text = write_example_tests(configuration).read_text()

    assert text.startswith((CONFIGURATION / "tests/topologies.tftest.hcl").read_text().partition("\nrun ")[0])
    assert "mock_provider" in text.partition("\nrun ")[0]


def test_a_configuration_without_examples_is_an_error(configuration: Path) -> None:
    shutil.rmtree(configuration / "examples")

    with pytest.raises(TerraformError, match="there is no example"):
        write_example_tests(configuration)


def test_each_way_of_running_has_a_minimal_and_a_private_example() -> None:
    ways = ("apprunner", "ec2", "ecs", "lambda")

    assert sorted(f"{way}-{kind}" for way in ways for kind in ("minimal", "private")) == EXAMPLES


def test_the_page_of_the_examples_names_each() -> None:
    page = (CONFIGURATION / "examples/README.md").read_text()

    assert re.findall(r"^\| \[`(.+?)`\]\(\1\.tfvars\)", page, re.MULTILINE) != []
    assert sorted(re.findall(r"^\| \[`(.+?)`\]\(\1\.tfvars\)", page, re.MULTILINE)) == EXAMPLES
