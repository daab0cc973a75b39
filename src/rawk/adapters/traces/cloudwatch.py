"""Log lines in CloudWatch Logs, by FilterLogEvents: bounded in time and in pages."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rawk.domain.errors import LogsUnavailable
from rawk.ports import LogLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient


class CloudWatchLogs:
    """`ports.Logs`. One call for each id and page: a pattern of several terms is no exact phrase."""

    def __init__(
        self, client: "CloudWatchLogsClient", groups: Sequence[str], until: datetime | None, max_pages: int
    ) -> None:
        """`max_pages`: of each log group for each id; a page has up to 1 MB, or none of the lines that were asked for
        (Amazon CloudWatch Logs API Reference, FilterLogEvents).
        """
        self._client = client
        self._groups = groups
        self._until = until
        self._max_pages = max_pages
        self._missing: set[str] = set()
        self._cut_short: dict[str, None] = {}

    def lines(self, ids: Collection[str], since: datetime | None) -> Iterator[LogLine]:
        """Groups that do not exist are left out, but not all of them."""
        for group in self._groups:
            for each in ids:
                if group not in self._missing:
                    yield from self._of_group(group, each, since)
        if self._groups and len(self._missing) == len(self._groups):
            raise LogsUnavailable(f"there is no log group {' and no '.join(self._groups)} in this account and region")

    def cut_short(self) -> Sequence[str]:
        return [*self._cut_short]

    def _of_group(self, group: str, an_id: str, since: datetime | None) -> Iterator[LogLine]:
        asked: dict[str, Any] = {"logGroupName": group, "filterPattern": f'"{an_id}"'}
        if since is not None:
            asked["startTime"] = _milliseconds(since)
        if self._until is not None:
            asked["endTime"] = _milliseconds(self._until)
        for _ in range(self._max_pages):
            page = self._page(group, asked)
            for event in page.get("events", ()):
                key = str(event.get("eventId") or f"{event['timestamp']} {event['message']}")
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield LogLine(f"{group} {key}", part_of(group), at, event["message"].strip())
            asked["nextToken"] = page.get("nextToken")
            if not asked["nextToken"]:
                return
        self._cut_short[f"{group} has more than {self._max_pages} pages"] = None

    def _page(self, group: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(self._client.filter_log_events(**asked))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "Unknown")
            if code == "ResourceNotFoundException":
                self._missing.add(group)
                return {}
            raise LogsUnavailable(f"CloudWatch Logs refused to show {group}: {code}") from error
        except BotoCoreError as error:
            raise LogsUnavailable(f"CloudWatch Logs does not answer: {type(error).__name__}") from error


def groups_of(pipeline: str) -> list[str]:
    """The log groups that Terraform gives the parts of a pipeline; no topology has all of them. App Runner chooses the
    name of its own group."""
    return [
        f"/aws/lambda/{pipeline}-worker",
        f"/aws/lambda/{pipeline}-relay",
        f"/aws/lambda/{pipeline}-api",
        f"/{pipeline}/api",
    ]


def part_of(group: str) -> str:
    """`worker` for `/aws/lambda/rawk-worker`."""
    if group.startswith("/aws/apprunner/"):
        return "api"
    return group.rpartition("/")[2].rpartition("-")[2]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
