"""`tox -e sim -- smoke` against the real API in an embedded world: it passes, and fails when a part does not work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.cli.main import main
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPipeline]:
    folder: Path = tmp_path_factory.mktemp("world")
    with EmbeddedWorld(folder, "core", say=lambda _: None) as world:
        running = world.pipeline("smoke", Journal(folder / "journal.jsonl"), seed=1)
        running.start()
        yield running
        running.stop()


@pytest.fixture(autouse=True)
def key(pipeline: RunningPipeline, monkeypatch: pytest.MonkeyPatch) -> str:
    key = pipeline.credentials.tenant_keys["acme"]
    monkeypatch.setenv("RAWK_API_KEY", key)
    return key


def test_smoke_passes_on_a_healthy_pipeline(
    pipeline: RunningPipeline, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["smoke", "--url", pipeline.api.url, "--within-seconds", "60"])

    printed = capsys.readouterr().out
    assert code == 0, printed
    assert [line.split()[:2] for line in printed.splitlines()[:-1]] == [
        ["✔", step] for step in ("health", "upload", "processing", "result", "delete")
    ]
    assert key not in printed
    assert pipeline.audio.keys() == set()


def test_it_fails_without_a_worker(pipeline: RunningPipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.worker.reserve_concurrency(0)
    try:
        code = main(["smoke", "--url", pipeline.api.url, "--within-seconds", "3"])
    finally:
        pipeline.worker.reserve_concurrency(None)

    assert code == 1
    assert "not complete after 3 s: the memory is queued" in capsys.readouterr().out
    assert pipeline.audio.keys() == set()


def test_it_fails_without_an_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smoke", "--url", "http://127.0.0.1:9", "--within-seconds", "1"]) == 1
    assert "/api/v1/health got no response" in capsys.readouterr().out
