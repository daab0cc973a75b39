"""The outbox relay of one pipeline: its function, and the schedule that invokes it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.engines.base.function_logs import FunctionLogs
from sim.engines.base.worker_control import update_code, wait_until_updated
from sim.journal.journal import Journal

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient


class RelayControl:
    """Invokes the relay, and switches its schedule on and off."""

    def __init__(
        self,
        function: str,
        rule: str,
        lambda_: "LambdaClient",
        events: "EventBridgeClient",
        logs: FunctionLogs,
        journal: Journal,
    ) -> None:
        """`rule` is the name of the EventBridge rule that is its schedule."""
        self._function = function
        self._rule = rule
        self._lambda = lambda_
        self._events = events
        self._logs = logs
        self._journal = journal

    def run(self) -> dict[str, Any]:
        """Invoke it now, and return its answer."""
        answer = self._lambda.invoke(FunctionName=self._function)
        return dict(json.loads(answer["Payload"].read() or b"{}"))

    def deploy(self, code: Mapping[str, str | bytes]) -> None:
        """Deploy a new version of the function, given as the code arguments of UpdateFunctionCode, and wait until
        invocations get it. Raises RuntimeError."""
        update_code(self._lambda, self._function, code)
        wait_until_updated(self._lambda, self._function)

    def schedule(self, enabled: bool) -> None:
        """Enable or disable its schedule."""
        switch = self._events.enable_rule if enabled else self._events.disable_rule
        switch(Name=self._rule)
        self._journal.write("relay_schedule_changed", enabled=enabled)

    def runs(self) -> int:
        """How often it has run, by its own log."""
        return sum(line.startswith("START RequestId:") for line in self._logs.lines("relay"))
