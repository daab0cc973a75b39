"""What is counted, and where: statements and connections in Postgres's log, calls of AWS by role, starts and forks."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg

from sim.clock.clocks import RealClock
from sim.clock.durations import seconds
from sim.engines.base.running_pipeline import RunningPipeline
from sim.localstack.extension.rawk_emulator.lambda_.fork_client import ForkServerClient

SETTINGS = {"log_statement": "all", "log_connections": "on", "log_line_prefix": "%p %d %a|"}
LINE = re.compile(r"^(\d+) (\S*) (\S*)\|LOG:  (?:(statement|execute)|connection (authorized))", re.MULTILINE)
PRODUCT = "rawk"
"""The product's `application_name`."""
CONNECTIONS = """
SELECT pid, client_port FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s
"""
WITHIN = seconds(30)


class Database:
    """The product's statements and connections, by the program that sent them."""

    def __init__(self, log: Path, pipeline: RunningPipeline) -> None:
        self._log = log
        self._pipeline = pipeline
        url = pipeline.parts.database.direct_url
        self._database = url.rpartition("/")[2]
        self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True, application_name="counts")
        self._owners: dict[int, str] = {}
        for name, value in SETTINGS.items():
            self._connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self._connection.execute("SELECT pg_reload_conf()")
        if not RealClock().wait_until(self._is_logged, WITHIN):
            raise RuntimeError("Postgres does not log its statements")

    def close(self) -> None:
        self._connection.close()

    def read(self) -> Counter[str]:
        """Since the start. Raises RuntimeError for a statement whose process is not known."""
        self._note_owners()
        counts: Counter[str] = Counter()
        for pid, database, application, statement, connected in LINE.findall(self._logged()):
            if database == self._database and application == PRODUCT and statement:
                counts[f"SQL statements of the {self._owner(int(pid))}"] += 1
            if database == self._database and connected:
                counts["database connections"] += 1
        return counts

    def _note_owners(self) -> None:
        """Who has which connection now; it is known by its port."""
        programs = {
            "worker": self._pipeline.worker.processes(),
            "relay": self._pipeline.parts.processes.pids(self._pipeline.pipeline.relay_function),
        }
        ports = {
            each.laddr.port: name
            for name, pids in programs.items()
            for pid in pids
            for each in psutil.Process(pid).net_connections("tcp")
            if each.laddr
        }
        rows = self._connection.execute(CONNECTIONS, [PRODUCT])
        self._owners.update({pid: ports.get(port, "API") for pid, port in rows})

    def _owner(self, backend: int) -> str:
        if backend not in self._owners:
            raise RuntimeError("a connection was closed before its process was known")
        return self._owners[backend]

    def _is_logged(self) -> bool:
        marker = f"marker-{len(self._logged())}"
        self._connection.execute(f"SELECT '{marker}'")  # type: ignore[arg-type]
        return marker in self._logged()

    def _logged(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")


class Aws:
    """The product's calls by role, and the harness's."""

    def __init__(self, session: boto3.Session) -> None:
        self.pipeline: RunningPipeline | None = None
        self._harness: Counter[str] = Counter()
        session.events.register("before-call", self._note)

    def read(self) -> Counter[str]:
        counts = Counter(self._harness)
        usage = self.pipeline.roles.usage() if self.pipeline else {}
        for role, records in usage.items():
            for grant in records["grants"]:
                counts[f"{grant['action']} by the {role}"] += grant["times_used"]
        return +counts

    def _note(self, model: Any, **_: object) -> None:
        self._harness[f"{model.service_model.service_name}:{model.name} by the harness"] += 1


class Starts:
    """Processes: those that the harness starts, and those that the emulator starts for functions."""

    def __init__(self, events: Path) -> None:
        self._events = events
        self._forks = 0
        start = ForkServerClient.start

        def start_and_count(client: ForkServerClient, *arguments: Any, **options: Any) -> Any:
            self._forks += 1
            return start(client, *arguments, **options)

        ForkServerClient.start = start_and_count  # type: ignore[method-assign]

    def read(self) -> Counter[str]:
        counts = Counter({"forks by the harness": self._forks})
        for line in self._events.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["kind"] == "lambda" and event["event"] == "started":
                program = event["function"].rpartition("-")[2]
                counts[f"invocations of the {program}"] += 1
                counts[f"starts of the {program}"] += event["cold_start"]
        return +counts


def openai_calls(pipeline: RunningPipeline) -> Counter[str]:
    return Counter(f"{each['endpoint']} requests to OpenAI" for each in pipeline.openai.journal())
