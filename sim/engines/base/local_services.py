"""The services of a world that run on this machine, whatever its AWS is: Postgres, OpenAI simulator, fork server.

The fork server starts the product's processes, and the product itself migrates the database.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path

from sim.app import APP
from sim.engines.base.fork_server import ForkServer
from sim.engines.base.forked_process import ForkedProcess
from sim.engines.base.product_processes import MIGRATION_LOG
from sim.localstack.extension.rawk_emulator.time.shared_offset import CLOCK_VARIABLE
from sim.openai_simulator.client import OpenAIServer, Space
from sim.openai_simulator.process import OpenAIServerProcess
from sim.platform.aws_session import REGION
from sim.platform.environment import isolated_environment, remove_libpq_variables
from sim.platform.killed_runs import claim
from sim.postgres import change_capture
from sim.postgres.database import PipelineDatabase
from sim.postgres.embedded_server import Postgres

TEMPLATE_DATABASE = "rawk_template"


class LocalServices:
    """Started in parallel with the other parts of a world; what has to be stopped goes onto the world's exit stack."""

    def __init__(
        self,
        logs: Path,
        state: Path,
        running: ExitStack,
        clock_file: Path | None = None,
        openai_variables: Mapping[str, str] | None = None,
    ) -> None:
        """With a clock file they use virtual time, without one the machine's clock.

        `openai_variables` are for the OpenAI simulator, for example those of an upstream.
        """
        self._openai_variables = openai_variables
        self._logs = logs
        self._state = state
        self._running = running
        self._clock_file = clock_file

    def start(self, *more: Callable[[], object]) -> None:
        """Start all, and run `more` in parallel. Raises the first error as soon as it occurs."""
        remove_libpq_variables()
        variables = {CLOCK_VARIABLE: str(self._clock_file)} if self._clock_file else {}
        self.fork_server = ForkServer(self._logs / "fork-server.log", variables, python_path=[APP.processes.sources])
        claim(self._state / "fork-server", also=[Path(self.fork_server.socket_path).parent])
        self.keep(self.fork_server.start, self.fork_server.stop)
        parts = (*more, self._start_database, self._start_openai)
        with ThreadPoolExecutor(len(parts)) as starters:
            starting = [starters.submit(start) for start in parts]
            try:
                ended, _ = wait(starting, return_when=FIRST_EXCEPTION)
            except BaseException:  # Ctrl-C: stop what has started, else the starters are waited for to the end
                self._running.close()
                raise
            failed = [each for each in starting if each in ended and each.exception()]
            if failed:
                # Other parts may wait for the failed one, such as LocalStack's first invocation for the fork server.
                self._running.close()
        for each in [*failed, *starting]:
            each.result()

    def keep(self, start: Callable[[], object], stop: Callable[[], object]) -> None:
        # Registered before the start, because an interrupted start leaves something to stop as well.
        with _REGISTERING:
            self._running.callback(stop)
        start()

    def new_fork_server(self, sources: Path) -> ForkServer:
        """Another fork server, for other sources of the product; it runs until the world stops."""
        variables = {CLOCK_VARIABLE: str(self._clock_file)} if self._clock_file else {}
        server = ForkServer(self._logs / f"fork-server-{sources.parent.name}.log", variables, python_path=[sources])
        claim(self._state / f"fork-server-{sources.parent.name}", also=[Path(server.socket_path).parent])
        self.keep(server.start, server.stop)
        server.wait_until_ready()
        return server

    def new_database(self, pipeline: str) -> PipelineDatabase:
        """A migrated, empty database for a pipeline of that name."""
        name = pipeline.replace("-", "_")
        self.postgres.create_database(name, template=TEMPLATE_DATABASE)
        return PipelineDatabase(self.postgres, name)

    def drop_database(self, pipeline: str) -> None:
        self.postgres.drop_database(pipeline.replace("-", "_"))

    def new_space(self, pipeline: str, api_key: str) -> Space:
        """The pipeline's own space in the OpenAI simulator."""
        return self.openai.space(pipeline, api_key=api_key)

    def _start_database(self) -> None:
        self.postgres = Postgres(self._state / "postgres", self._logs / "postgres.log")
        self.keep(self.postgres.start, self.postgres.stop)
        self.postgres.create_database(TEMPLATE_DATABASE)
        self.fork_server.wait_until_ready()
        self._migrate(self.postgres.url(TEMPLATE_DATABASE))
        change_capture.install(self.postgres.url(TEMPLATE_DATABASE), APP.observed_tables)

    def _migrate(self, database_url: str) -> None:
        """Run the product's own migration."""
        environment = {**product_environment("http://127.0.0.1:1"), APP.processes.database_variable: database_url}
        log_path = self._logs / MIGRATION_LOG
        command = ForkedProcess(self.fork_server.client, APP.processes.migrate_argv, environment, log_path, self._state)
        command.start()
        if command.wait(timeout_seconds=60) != 0:
            raise RuntimeError(f"the migration of the database failed:\n{command.log_tail()}")

    def _start_openai(self) -> None:
        journal, log = self._logs / "openai.jsonl", self._logs / "openai.log"
        process = OpenAIServerProcess(journal, log, clock_file=self._clock_file, variables=self._openai_variables)
        self.keep(process.start, process.stop)
        self.openai = OpenAIServer(process.url)
        self._running.callback(self.openai.close)


_REGISTERING = threading.Lock()


def product_environment(endpoint_url: str, sources: Path = APP.processes.sources) -> dict[str, str]:
    """What every process of the product gets: the emulator's address, test credentials, nothing of the user's."""
    return isolated_environment(
        {
            "PYTHONPATH": str(sources),
            "PYTHONUNBUFFERED": "1",
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }
    )
