"""A world that cannot start reports the cause at once: after a broken import a run ends in seconds, not in a minute."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sim.app import APP
from sim.engines.embedded.engine import EmbeddedWorld


def test_a_product_that_cannot_be_imported_is_the_reported_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = replace(APP.processes, preloaded_modules=("rawk.no_such_module",))
    monkeypatch.setattr(type(APP), "processes", broken)
    before = {child.pid for child in psutil.Process().children(recursive=True)}

    with (
        pytest.raises(
            RuntimeError, match=r"the fork server ended while starting:(?s:.*)No module named 'rawk\.no_such"
        ),
        EmbeddedWorld(tmp_path, "core", say=lambda _: None),
    ):
        pass

    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
