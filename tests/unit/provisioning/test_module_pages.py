"""The tables in the READMEs of Terraform's modules have terraform-docs' format, and no block is left out."""

from pathlib import Path

import pytest

from sim.cli.main import EXIT_BAD_INPUT, EXIT_STALE, main
from sim.provisioning.errors import ProvisionError
from sim.provisioning.module_pages import stale, write
from sim.provisioning.module_pages.page import BEGIN, END, tables
from sim.provisioning.terraform import CONFIGURATION

VERSIONS = """\
terraform {
  required_version = ">= 1.11.0" # write-only arguments

  required_providers {
    random = {
      source  = "hashicorp/random"
      version = ">= 3"
    }
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"

      configuration_aliases = [aws.passwords]
    }
  }
}
"""
README = f"# Some module\n\nIts text.\n\n{BEGIN}\n{END}\n\nMore text.\n"

EVERYTHING = Path(__file__).with_name("module_page.md")
"""Byte by byte what terraform-docs 0.24 writes, but for the ephemeral resource, which it leaves out."""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / "versions.tf").write_text(VERSIONS)
    (tmp_path / "README.md").write_text(README)
    return tmp_path


def section(page: str, title: str) -> list[str]:
    """The lines below a title, without the head of the table."""
    return page.partition(f"## {title}\n\n")[2].partition("\n\n## ")[0].splitlines()[2:]


def inputs(module: Path, text: str) -> list[str]:
    (module / "variables.tf").write_text(text)
    return section(tables(module), "Inputs")


def test_a_module_of_everything(module: Path) -> None:
    (module / "main.tf").write_text(
        'data "aws_region" "current" {}\n\n'
        'ephemeral "aws_secretsmanager_random_password" "this" {\n  provider = aws.passwords\n}\n\n'
        'resource "aws_sqs_queue" "jobs" {\n  name = "x" # }\n}\n\n'
        'module "a_part" {\n  source = "../part"\n}\n'
    )
    (module / "variables.tf").write_text(
        'variable "queue_name" {\n  description = "In queue_name | `a_b`: http://a.b/c_d."\n  type        = string\n}\n'
    )
    (module / "outputs.tf").write_text(
        'output "arn" {\n  description = "Its ARN."\n  value       = aws_sqs_queue.jobs.arn\n}\n'
    )

    assert tables(module) + "\n" == EVERYTHING.read_text()


def test_what_a_module_has_none_of_is_said(module: Path) -> None:
    page = tables(module)

    for title in ("Providers", "Modules", "Resources", "Inputs", "Outputs"):
        assert f"## {title}\n\nNo {title.lower()}." in page


@pytest.mark.parametrize(
    ("default", "cell"),
    [
        ("null", "`null`"),
        ("0.5", "`0.5`"),
        ("false", "`false`"),
        ('"a # b"', '`"a # b"`'),
        ("[]", "`[]`"),
        ("{}", "`{}`"),
        ('["a", "b"] # why', '<pre>[<br/>  "a",<br/>  "b"<br/>]</pre>'),
        ('[\n    "a"\n  ]', '<pre>[<br/>  "a"<br/>]</pre>'),
    ],
)
def test_defaults(module: Path, default: str, cell: str) -> None:
    (row,) = inputs(module, f'variable "x" {{\n  type    = any\n  default = {default}\n}}\n')

    assert row.endswith(f"| n/a | `any` | {cell} | no |")


def test_a_type_of_several_lines(module: Path) -> None:
    text = 'variable "x" {\n  type = object({\n    a = list(string)\n  })\n  default = null\n}\n'

    (row,) = inputs(module, text)

    assert "<pre>object({<br/>    a = list(string)<br/>  })</pre> | `null` | no |" in row


def test_inputs_are_in_order_and_a_validation_is_no_argument(module: Path) -> None:
    validation = '  validation {\n    condition     = var.b != ""\n    error_message = "No."\n  }\n'
    rows = inputs(
        module, f'variable "b" {{\n  type = string\n\n{validation}}}\n\nvariable "a" {{\n  type = string\n}}\n'
    )

    assert [row.split('"')[1] for row in rows] == ["input_a", "input_b"]


@pytest.mark.parametrize(
    "text",
    [
        'variable "x" {\n  default = { a = 1 }\n}\n',
        'variable "x" {\n  default = local.other\n}\n',
        'variable "x" {\n  description = "of ${local.other}"\n}\n',
        'variable "x" {\n  description = upper("x")\n}\n',
        'variable "x" {\n  default = <<EOT\n}\nEOT\n}\n',
        'variable "x" {\n  type = string\n',
        'variable "x" { type = string }\n',
        'variable "x"\n{\n}\n',
    ],
)
def test_what_is_not_understood_is_an_error(module: Path, text: str) -> None:
    with pytest.raises(ProvisionError, match=r"variables\.tf"):
        inputs(module, text)


def test_an_operators_override_is_not_described(module: Path) -> None:
    (module / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')

    assert "| >= 1.11.0 |" in tables(module)


def test_only_what_is_between_the_markers_is_written(module: Path) -> None:
    assert stale(module) == [module / "README.md"]
    assert write(module) == [module / "README.md"]

    text = (module / "README.md").read_text()
    assert text == f"# Some module\n\nIts text.\n\n{BEGIN}\n{tables(module)}\n{END}\n\nMore text.\n"
    assert stale(module) == []
    write(module)
    assert (module / "README.md").read_text() == text


@pytest.mark.parametrize(
    "readme", [None, "", f"{BEGIN}\n{END}\n", "# Text alone\n", f"# A\n{END}\n{BEGIN}\n", README * 2]
)
def test_a_readme_needs_a_text_and_the_markers(module: Path, readme: str | None) -> None:
    (module / "README.md").unlink() if readme is None else (module / "README.md").write_text(readme)

    with pytest.raises(ProvisionError, match=r"README\.md must say what the module is for"):
        write(module)


def test_the_command_names_stale_pages(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["reference", "--check", "--terraform", str(module)]
    assert main(check) == EXIT_STALE
    assert f"{module}/README.md differs from the code: run `tox -e sim -- reference --write`" in capsys.readouterr().err

    write(module)
    assert main(check) == 0
    assert main(["reference", "--check", "--terraform", str(module / "nothing")]) == EXIT_BAD_INPUT
    assert "there is no Terraform configuration in" in capsys.readouterr().err


def test_every_module_of_ours_has_current_tables() -> None:
    assert stale(CONFIGURATION) == [], "run `tox -e sim -- reference --write`"
    folders = {file.parent for file in CONFIGURATION.rglob("*.tf") if ".terraform" not in file.parts}
    assert {CONFIGURATION, CONFIGURATION / "bootstrap", CONFIGURATION / "modules/pipeline"} < folders
