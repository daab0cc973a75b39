"""The world that the demo runs on, and the pipelines that are started in it, one after another."""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from sim.clock.clocks import VirtualClock
from sim.clock.seeds import seed_for
from sim.demo.lessons.files import Sabotage
from sim.demo.sabotages.building import sabotaged_sources
from sim.engines.base.engine import ANYWHERE, Say
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.engines.registry import EMBEDDED
from sim.journal.journal import Journal
from sim.journal.version import RECORD_VERSION
from sim.platform.checkout import commit_of
from sim.platform.killed_runs import clear_stale
from sim.platform.paths import REPOSITORY
from sim.provisioning.rendering import Rendering

HOME = REPOSITORY / ".sim"


class Stage:
    """A context manager: entering starts the world, leaving stops everything."""

    def __init__(self, folder: Path, seed: int, say: Say, upstream: Mapping[str, str] | None = None) -> None:
        """`folder` gets the journal and the logs; what an earlier demo left in it is removed.

        `upstream` are the simulator's variables with which the real OpenAI answers through it; faults and records stay.
        """
        self.openai_is_real = upstream is not None
        self._upstream = upstream
        self.folder = folder
        self._say = say
        self._running = ExitStack()
        self._pipelines = ExitStack()
        self._count = 0
        self.seed = seed
        self.facts: dict[str, Any] = {}
        """Engine, limits, commit: what does not change while the world runs."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            self._running.close()
        except Exception:
            if error is None:  # else that one says why the rest cannot be stopped in order
                raise

    def _start(self) -> None:
        clear_stale(self.folder.parent)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._say("checking LocalStack's environment …")
        EMBEDDED.prepare(self._say, ANYWHERE)
        self.journal = Journal(self.folder / "journal.jsonl")
        outputs = Rendering.load(EMBEDDED.topology).outputs
        self.facts = {
            "engine": EMBEDDED.name,
            "commit": commit_of(REPOSITORY),
            "limits": dict(outputs["limits"]),
            "outage_tolerance_seconds": outputs["outage_tolerance_seconds"],
        }
        about = {"seed": self.seed, "topology": EMBEDDED.topology, "command": "tox -e demo", "options": ""}
        self.journal.write("run_started", version=RECORD_VERSION, **about, **self.facts)
        self._say("starting LocalStack, Postgres and the OpenAI simulator …")
        self._world = self._running.enter_context(
            EmbeddedWorld(
                self.folder / "world",
                EMBEDDED.topology,
                self._say,
                self.journal.path,
                openai_variables=self._upstream,
            )
        )
        self._running.callback(self._pipelines.close)

    @property
    def clock(self) -> VirtualClock:
        return self._world.clock

    def prepare(self, sabotage: Sabotage | None) -> Path | None:
        """The sources with the bug, built on first use; None without one. Raises NotPossible."""
        return None if sabotage is None else sabotaged_sources(sabotage, self.folder / "sabotage")

    def begin(self, claim: str, sabotage: Sabotage | None) -> tuple[RunningPipeline, Journal]:
        """Stop the present pipeline, and start another one from nothing, with its part of the journal.

        With a sabotage the product has its bug.
        """
        sources = self.prepare(sabotage)
        self._pipelines.close()
        self._count += 1
        name = f"demo-{self._count}"
        journal = self.journal.of(f"demo.py::{name}", self._world.offset_seconds)
        seed = seed_for(self.seed, name)
        journal.write("scenario_started", pipeline=name, seed=seed, claim=claim, about="", source="")
        self._say("starting the pipeline: queues, functions, database, API …")
        pipeline = self._world.pipeline(name, journal, seed, sources)
        self._pipelines.callback(pipeline.stop)
        pipeline.start()
        return pipeline, journal
