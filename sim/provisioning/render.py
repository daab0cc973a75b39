"""Renders the Terraform configuration for machines without Terraform: `tox -e render`.

Terraform itself evaluates the topology `core`, with the limits of production, with short timeouts, with limits for slow
function starts and for a database that pauses, by `terraform test` with a mocked AWS provider: it needs no credentials
and no network, and every value is known, also those that a plan leaves open (see docs/decisions/0003). `core` is
written in full to `sim/provisioning/rendered/core.json`, each other topology as its differences to `core` to
`rendered/overlays/<topology>.json`. `--check` changes nothing; it exits with 1 and prints a diff when a file there
differs from what Terraform evaluates now.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.provisioning.errors import ProvisionError, RenderingError
from sim.provisioning.overlay import difference
from sim.provisioning.plan_reduction import ACCOUNT, MODULE, NAME, REGION, markers, reduce
from sim.provisioning.rendering import OVERLAYS, RENDERED, Rendering
from sim.provisioning.terraform import Terraform, copy_configuration

__all__ = ["BASE", "PASSWORDS", "RENDERED_TOPOLOGIES", "files", "main", "render", "render_all"]

BASE = "core"
"""The rendering that is stored in full."""
RENDERED_TOPOLOGIES = (BASE, "short_timeouts", "slow_start", "pausing_database")
"""The other topologies add a network, a database and a compute service for the API to the same pipeline."""

_TEST_FILE = "tests/rendering.tftest.hcl"
_INIT_SECONDS, _TEST_SECONDS = 120, 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the renderings, or with --check compare them. Exit code 0: done or fresh, 1: stale, 2: rendering failed."""
    parser = argparse.ArgumentParser(prog="tox -e render", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when a rendering is stale")
    check = parser.parse_args(arguments).check
    try:
        rendered = render_all()
    except ProvisionError as error:
        print(f"render: {error}", file=sys.stderr)
        return 2
    return _compare(rendered) if check else _write(rendered)


def render_all() -> dict[str, str]:
    """The text of every file of the checked-in rendering, by its path below `RENDERED`.

    Raises RenderingError or TerraformError.
    """
    with tempfile.TemporaryDirectory(prefix="rawk-render-") as folder:
        work = copy_configuration(Path(folder))
        terraform = Terraform(work)
        terraform.run("init", "-backend=false", timeout_seconds=_INIT_SECONDS)
        return files({name: render(terraform, name) for name in RENDERED_TOPOLOGIES})


def files(documents: Mapping[str, Any]) -> dict[str, str]:
    """Renderings, by topology, as text by path: the base in full, the others as overlays. Raises RenderingError."""
    base = documents[BASE]
    overlays = {name: difference(base, document) for name, document in documents.items() if name != BASE}
    return {f"{BASE}.json": _text(base)} | {f"{OVERLAYS}/{name}.json": _text(each) for name, each in overlays.items()}


def render(terraform: Terraform, topology: str) -> Any:
    """The rendering of one topology, as JSON values; the folder of `terraform` is a copy of the configuration."""
    (terraform.folder / "package.zip").write_bytes(b"the configuration uses the name, not the content")
    plan = _evaluate(terraform, topology, {}, "plan")["test_plan"]
    state = _evaluate(terraform, topology, markers(plan), "apply")["test_state"]
    document = reduce(topology, plan, state)
    Rendering.from_json(document)  # refuses what provisioning does not support
    return document


def _evaluate(terraform: Terraform, topology: str, marked: Mapping[str, Mapping[str, str]], command: str) -> Any:
    """Let Terraform plan or apply against a mocked provider; returns the message that holds the result."""
    (terraform.folder / _TEST_FILE).write_text(_test_file(marked, command), encoding="utf-8")
    printed = terraform.run(
        "test",
        "-json",
        "-verbose",
        f"-filter={_TEST_FILE}",
        f"-var-file=topologies/{topology}.tfvars",
        timeout_seconds=_TEST_SECONDS,
        accept=(0, 1),
    )
    messages = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    if errors := [each["@message"] + _detail(each) for each in messages if each["@level"] == "error"]:
        raise RenderingError(f"Terraform refuses topology {topology!r}: " + "; ".join(errors))
    for each in messages:
        if each["type"] in ("test_plan", "test_state"):
            return each
    raise RenderingError(f"terraform test gave no result for topology {topology!r}; is it older than 1.11?")


def _detail(message: Mapping[str, Any]) -> str:
    detail = message.get("diagnostic", {}).get("detail", "")
    return f": {detail}" if detail else ""


_SECRETS = dict.fromkeys(("openai_api_key", "api_keys_json", "database_password", "openai_simulator_key"), "never-used")
"""`terraform test` 1.11 refuses to apply with an ephemeral variable left null."""

PASSWORDS = """
provider "aws" {
  alias                       = "passwords"
  region                      = "us-east-1"
  access_key                  = "never-used"
  secret_key                  = "never-used"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}"""
"""Mocks do not support ephemeral resources, so these have the real provider. It makes no call here."""


def _test_file(marked: Mapping[str, Mapping[str, str]], command: str) -> str:
    """A test without assertions: it makes Terraform evaluate everything, with our markers as identities."""
    data = {
        "aws_caller_identity": {"account_id": ACCOUNT},
        "aws_region": {"id": REGION},
        "aws_partition": {"partition": "aws"},
    }
    blocks = [
        'mock_provider "aws" {}',
        PASSWORDS,
        _block("variables", {"name": NAME, "region": REGION, "worker_package_path": "package.zip"} | _SECRETS),
        *(_override("data", f"{MODULE}data.{type_}.current", values) for type_, values in data.items()),
        *(_override("resource", address, values) for address, values in marked.items() if values),
        f'run "evaluate" {{\n  command = {command}\n}}',
    ]
    return "\n\n".join(blocks) + "\n"


def _override(what: str, target: str, values: Mapping[str, str]) -> str:
    lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in values.items())
    return f"override_{what} {{\n  target = {target}\n  values = {{\n{lines}  }}\n}}"


def _block(name: str, values: Mapping[str, str]) -> str:
    lines = "".join(f"  {key} = {json.dumps(value)}\n" for key, value in values.items())
    return f"{name} {{\n{lines}}}"


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(rendered: Mapping[str, str], folder: Path = RENDERED) -> int:
    for stale in set(_present(folder)) - set(rendered):
        (folder / stale).unlink()
    for path, text in rendered.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        print(f"render: {path} written")
    return 0


def _compare(rendered: Mapping[str, str], folder: Path = RENDERED) -> int:
    present = _present(folder)
    stale = False
    for path in sorted(set(rendered) | set(present)):
        lines = list(
            difflib.unified_diff(
                present.get(path, "").splitlines(keepends=True),
                rendered.get(path, "").splitlines(keepends=True),
                fromfile=f"sim/provisioning/rendered/{path} (checked in)",
                tofile=f"{path} (evaluated by Terraform)",
            )
        )
        stale = stale or bool(lines)
        sys.stdout.writelines(lines)
        print(f"render: {path} {'is stale; run tox -e render' if lines else 'is up to date'}")
    return 1 if stale else 0


def _present(folder: Path) -> dict[str, str]:
    paths = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


if __name__ == "__main__":
    sys.exit(main())
