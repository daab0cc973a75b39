"""The last lines of a run: which tests were skipped, by reason. A skip is a test that says nothing on this machine."""

from collections import Counter
from collections.abc import Iterable

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # `-ra` would list the same skips once more, a line for each place in the source.
    config.option.reportchars = config.option.reportchars.replace("a", "fExX")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := skipped(terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("skipped tests, by reason")
        for line in lines:
            terminalreporter.line(line)


def skipped(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> list[str]:
    """A line for each reason, the most frequent first. A file that is skipped as a whole counts as one."""
    counts = Counter(_reason(each) for each in reports)
    return [
        f"skipped: {count} test{'s' * (count > 1)}: {reason}"
        for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """pytest gives file, line, and `Skipped: why`."""
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return " ".join(why.removeprefix("Skipped: ").split()) or "no reason is given"
