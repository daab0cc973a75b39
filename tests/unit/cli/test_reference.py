"""The reference pages are generated from the code, and complete. A house rule checks that they are fresh."""

import inspect
from pathlib import Path

import pytest

import sim
from sim import faults
from sim.cli import reference
from sim.cli.main import EXIT_STALE, main


def test_a_changed_or_missing_page_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api, fault_page, *_ = reference.write(tmp_path)
    assert main(["reference", "--check", "--folder", str(tmp_path)]) == 0

    api.write_text(api.read_text() + "\n")
    fault_page.unlink()

    assert reference.stale(tmp_path) == [api, fault_page]
    assert main(["reference", "--check", "--folder", str(tmp_path)]) == EXIT_STALE
    assert f"{api} differs from the code: run `tox -e sim -- reference --write`" in capsys.readouterr().err


def test_every_public_name_has_a_section() -> None:
    page = reference.scenario_api_page()

    for name in set(sim.__all__) - {"faults"}:
        assert (
            any(line.startswith("## ") and f"`{name}`" in line for line in page.splitlines()) or f"### `{name}`" in page
        )


def test_every_fault_has_a_section_with_its_signature_and_its_capability() -> None:
    page = reference.faults_page()

    for family in ("api", "clients", "database", "network", "openai", "permissions", "queue", "storage", "worker"):
        for name, make in inspect.getmembers(getattr(faults, family), inspect.isfunction):
            if make.__module__ == f"sim.faults.{family}" and not name.startswith("_"):
                assert f"### `{family}.{name}`\n\n```python\n{name}(" in page
    assert "### `worker.throttled`\n" in page
    assert "Needs the capability `worker_concurrency` (" in page


def test_public_methods_without_a_docstring_do_not_exist() -> None:
    """A method without a docstring would be missing on the page."""
    for owner in (sim.Simulation, sim.Memories, type(faults.openai.down()), type(faults.storage.down())):
        silent = [
            name
            for name, each in vars(owner).items()
            if not name.startswith("_") and callable(each) and not each.__doc__
        ]
        assert silent == [], owner
