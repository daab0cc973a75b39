"""Plans every file of terraform/examples with a mocked provider, by a generated file of tests for `terraform test`."""

from __future__ import annotations

from pathlib import Path

from sim.provisioning.errors import TerraformError

__all__ = ["write_example_tests"]

_TESTS = Path("tests")
_MOCKS = "topologies.tftest.hcl"
"""Its part before the first test has the mocked provider, images and secrets, as deploy.sh sets them."""

_TEST = """
run "{name}" {{
  command = plan

  variables {{
{variables}
  }}

  assert {{
    condition     = {condition}
    error_message = "examples/{name}.tfvars must be {means}."
  }}
}}
"""
_PRIVATE = (
    'startswith(var.topology, "{topology}") && (local.shape.private'
    " ? !local.database_is_public && local.functions_vpc != null"
    ' : var.api_allowed_cidrs != null && !contains(coalesce(var.api_allowed_cidrs, []), "0.0.0.0/0"))'
)


def write_example_tests(configuration: Path) -> Path:
    """Write the tests into the configuration, which is a copy. Returns the file. Raises TerraformError without any
    example."""
    mocks, first_test, _ = (configuration / _TESTS / _MOCKS).read_text(encoding="utf-8").partition("\nrun ")
    examples = sorted((configuration / "examples").glob("*.tfvars"))
    if not (first_test and examples):
        raise TerraformError(f"there is no example in {configuration / 'examples'}, or no test in {_MOCKS}")
    file = configuration / _TESTS / "examples.tftest.hcl"
    file.write_text(mocks + "".join(map(_test, examples)), encoding="utf-8")
    return file


def _test(example: Path) -> str:
    topology, _, kind = example.stem.rpartition("-")
    if kind == "private":
        means, condition = f"private, in the topology {topology}", _PRIVATE.format(topology=topology)
    else:
        means, condition = f"of the topology {topology}", f'var.topology == "{topology}"'
    variables = "\n".join(f"    {line}".rstrip() for line in example.read_text(encoding="utf-8").splitlines())
    return _TEST.format(name=example.stem, variables=variables, condition=condition, means=means)
