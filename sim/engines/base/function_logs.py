"""What the functions of one pipeline wrote to CloudWatch Logs."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class FunctionLogs:
    """The log groups of the worker and the relay."""

    def __init__(
        self,
        logs: "CloudWatchLogsClient",
        groups: Mapping[str, str],
        *,
        since: datetime | None = None,
        groups_may_be_missing: bool = False,
    ) -> None:
        """`groups` maps a function (`worker`, `relay`) to its log group; `since` leaves out earlier lines.

        A missing group is an error unless `groups_may_be_missing`: some emulators keep no logs.
        """
        self._client = logs
        self._groups = groups
        self._options: dict[str, Any] = {} if since is None else {"startTime": int(since.timestamp() * 1000)}
        self._groups_may_be_missing = groups_may_be_missing

    def lines(self, function: str) -> list[str]:
        """Every line that the function wrote. Raises ClientError."""
        paginator = self._client.get_paginator("filter_log_events")
        try:
            pages = list(paginator.paginate(logGroupName=self._groups[function], **self._options))
        except ClientError as error:
            missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
            if not (missing and self._groups_may_be_missing):
                raise
            return []
        return [event["message"] for page in pages for event in page["events"]]

    def all(self) -> dict[str, str]:
        """What each function wrote, as one text."""
        return {function: "\n".join(self.lines(function)) for function in self._groups}

    def copy_to(self, folder: Path) -> None:
        """Write `worker.log` and `relay.log`: an emulator's logs end with it."""
        for function, text in self.all().items():
            (folder / f"{function}.log").write_text(text + "\n", encoding="utf-8")
