"""The API of one embedded pipeline, started with the settings that a run needs, and the three kinds of callers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from sim.engines.base.api_server import ApiServer
from sim.engines.base.forked_process import ForkedApi
from sim.engines.base.running_pipeline import RunningPipeline
from sim.engines.embedded.engine import EmbeddedWorld
from sim.journal.journal import Journal
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient
from sim.scenario.clients import DEFAULT_TENANT
from sim.scenario.simulation import Simulation

TOPOLOGY = "core"
USER, PASSWORD = "ada@example.com", "correct horse battery staple"
NO_LIMIT, SMALL_LIMIT = 1_000_000, 1
"""Requests a second of one caller: more than are ever sent, and so few that most are refused."""
SHORT_STREAMS = Path(__file__).with_name("short_streams.py")


class ShortStreamsApi(ForkedApi):
    """The API with short event streams: another way to start the same process."""

    def __init__(self, client: ForkServerClient, environment: Mapping[str, str], log_folder: Path) -> None:
        super().__init__(client, environment, log_folder)
        self._argv = [str(SHORT_STREAMS)]


class Api:
    """One pipeline, whose API may be started again with another limit."""

    def __init__(self, pipeline: RunningPipeline) -> None:
        assert isinstance(pipeline.commands, ForkServerClient), "an embedded world starts processes by its fork server"
        self._pipeline = pipeline
        self._limit = NO_LIMIT
        new = partial(ShortStreamsApi, pipeline.commands)
        self._server = ApiServer(new, self._environment, pipeline.log_folder, pipeline.journal)

    @property
    def url(self) -> str:
        return self._server.url

    def start(self, requests_per_second: int = NO_LIMIT) -> None:
        self._server.begin_shutdown()
        self._limit = requests_per_second
        self._server.start()

    def stop(self) -> None:
        self._server.begin_shutdown()
        self._server.shut_down()

    def headers(self, identity: str) -> dict[str, str]:
        """What a caller sends: with a `key`, with a `token`, or with `nothing`."""
        match identity:
            case "key":
                return {"X-API-Key": self._pipeline.credentials.tenant_keys[DEFAULT_TENANT]}
            case "token":
                return {"Authorization": f"Bearer {self._token()}"}
            case _:
                return {}

    def _token(self) -> str:
        form = {"username": USER, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/api/v1/auth/token", data=form, trust_env=False).raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def _environment(self) -> Mapping[str, str]:
        return {
            **self._pipeline.parts.environment,
            **self._pipeline.pipeline.api_environment,
            **self._pipeline.identities.of_role("api"),
            "CALLER_REQUESTS_PER_SECOND": str(self._limit),
        }


@contextmanager
def running_api(folder: Path, seed: int) -> Iterator[Api]:
    """An embedded world in the folder with one pipeline, its API and a user."""
    with EmbeddedWorld(folder / "world", TOPOLOGY, say=print) as world:
        journal = Journal(folder / "journal.jsonl")
        pipeline = world.pipeline("fuzz", journal, seed)
        api = Api(pipeline)
        try:
            api.start()
            simulation = Simulation(pipeline, world.clock, journal, seed)
            simulation.operator.add_user(USER, PASSWORD, DEFAULT_TENANT)
            yield api
        finally:
            api.stop()
            pipeline.stop()
