"""What a run says while it goes on and when it is over: a line per scenario, a table, and the way back from a
failure."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from rich.console import Console

from sim.journal.journal import RecordNotWritten
from sim.pytest_plugin.run import Run, shown
from sim.report.event_lines import last_events
from sim.report.formatting import headline_of
from sim.report.table import print_table
from sim.report.verdicts import (
    EXIT_FAILED,
    EXIT_INCONCLUSIVE,
    FAILED,
    INCONCLUSIVE,
    PASSED,
    SIGNS,
    SKIPPED,
    Verdict,
    exit_code,
)
from sim.report.writing import write_report

KEPT = "report.html, journal.jsonl, summary.json, junit.xml, logs"
MOST_NAMES = 5
"""Of scenarios that all are inconclusive for the same reason."""


class ScenarioLines:
    """In the controlling process: prints a line per scenario as it ends, and keeps its verdict."""

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self._config = config
        self._run = run
        self._count = 0
        self._trouble = ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._count = len(session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._count = len(ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can not be read stops the run, as it does without xdist, which would go on without it."""
        if report.failed and self._config.pluginmanager.hasplugin("dsession"):
            pytest.exit(f"{report.nodeid} can not be read, so nothing is played", pytest.ExitCode.USAGE_ERROR)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        earlier = next((verdict for verdict in self._run.verdicts if verdict.name == report.nodeid), None)
        if report.when != "call" and report.outcome == "passed":
            return
        verdict = verdict_of(report)
        if earlier is not None:
            if earlier.verdict not in (PASSED, SKIPPED):
                return  # what was found first counts; that its end went wrong as well is no news
            self._run.verdicts.remove(earlier)
        self._run.verdicts.append(verdict)
        try:
            self._run.journal.write("verdict", **verdict.as_json())
        except RecordNotWritten as error:  # all that would follow is the same sentence, once per scenario
            self._trouble = str(error)
            pytest.exit(self._trouble, returncode=self._exit_code())
        place = f"[{len(self._run.verdicts)}/{self._count}] " if self._count else ""
        self._say(f"{place}{SIGNS[verdict.verdict]} {verdict.name}  ({verdict.seconds:.1f} s)")

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Around what pytest itself writes (junit.xml), and within what it says in the end."""
        self._write_report()
        self._set_exit_code(session)
        try:
            yield
        except OSError as error:
            self._trouble = self._trouble or str(error)
            self._set_exit_code(session)

    def _write_report(self) -> None:
        run = self._run
        if not run.verdicts:
            return
        try:
            run.journal.write("run_ended", real_seconds=round(run.real_seconds, 1))
            report = write_report(run.record)
            if run.report_path is not None:
                run.report_path.write_bytes(report.read_bytes())
        except (RecordNotWritten, OSError) as error:
            self._trouble = self._trouble or str(error)

    def _set_exit_code(self, session: pytest.Session) -> None:
        if not self._run.verdicts:
            if session.testsfailed and session.exitstatus in (pytest.ExitCode.INTERRUPTED, EXIT_FAILED):
                session.exitstatus = pytest.ExitCode.USAGE_ERROR  # a file of scenarios can not even be read
        elif session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = self._exit_code()

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        run, say = self._run, terminalreporter.line
        if not run.verdicts:
            if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                say("no scenario was chosen: `python -m sim list` tells those there are")
            return
        terminalreporter.section("scenarios")
        print_table(run.verdicts, Console(file=terminalreporter._tw._file, highlight=False))
        counts = Counter(verdict.verdict for verdict in run.verdicts)
        say("")
        say(", ".join(f"{count} {kind}" for kind, count in counts.items()) + f" · seed {run.seed}")
        if self._trouble:
            say(f"no report: {self._trouble}")
        else:
            say(f"record: {shown(run.record)}  ({KEPT})")
            if run.report_path is not None:
                say(f"report: {shown(run.report_path)}")
            for line in self._ways_back():
                say(line)

    def _ways_back(self) -> Iterator[str]:
        for verdict in self._run.verdicts:
            if verdict.verdict == FAILED:
                yield from ["", f"{SIGNS[FAILED]} {verdict.name}", f"  {headline_of(verdict.reason)}"]
                yield from self._way_back(verdict.name)
        for reason, names in self._unknown().items():
            more = [f"  and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
            yield from ["", *(f"{SIGNS[INCONCLUSIVE]} {name}" for name in names[:MOST_NAMES]), *more]
            yield f"  inconclusive: {reason}"
            yield from self._way_back(names[0])

    def _way_back(self, name: str) -> Iterator[str]:
        yield from (f"  {line}" for line in last_events(self._run.journal, name))
        yield f"  {self._run.about}"
        yield f"  replay: {self._run.replay(name)}"

    def _unknown(self) -> dict[str, list[str]]:
        """Who is inconclusive, by the reason: a world that does not start is one reason for all of them."""
        names = defaultdict[str, list[str]](list)
        for verdict in self._run.verdicts:
            if verdict.verdict == INCONCLUSIVE:
                names[headline_of(verdict.reason)].append(verdict.name)
        return names

    def _exit_code(self) -> int:
        code = exit_code(self._run.verdicts)
        return max(code, EXIT_INCONCLUSIVE) if self._trouble and code != EXIT_FAILED else code

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)


def is_inconclusive(report: pytest.TestReport) -> bool:
    """Whether a failure is the world's and not the scenario's: before it, after it, or with the process that told
    it."""
    return report.failed and (report.when != "call" or bool(dict(report.user_properties).get(INCONCLUSIVE)))


def verdict_of(report: pytest.TestReport) -> Verdict:
    """What a report of pytest's means for the scenario."""
    about = dict(report.user_properties)
    if report.outcome == "passed":
        verdict, reason = PASSED, ""
    elif report.outcome == "skipped":
        verdict, reason = SKIPPED, _why_skipped(report)
    else:
        # A reason in a sentence is told as it is: pytest's own text has the names of process and machine before it.
        reason = report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
        verdict = INCONCLUSIVE if is_inconclusive(report) else FAILED
    return Verdict(
        name=report.nodeid,
        claim=str(about.get("claim", "")),
        verdict=verdict,
        seconds=round(report.duration, 2),
        outcomes=about.get("outcomes", {}),  # type: ignore[arg-type]
        reason=reason,
    )


def _why_skipped(report: pytest.TestReport) -> str:
    """pytest says where, and in which line, and `Skipped: why`."""
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return told.removeprefix("Skipped: ")
