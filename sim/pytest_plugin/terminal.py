"""What a run prints: a line when a world starts, a line for each scenario, a table, and how to replay a failure."""

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from rich.console import Console

from sim.invariants.secret_pieces import Sought
from sim.journal.journal import RecordNotWritten
from sim.journal.reading import NoJournal
from sim.picture.formatting import duration_text, headline_of, speedup_text
from sim.pytest_plugin import annotations
from sim.pytest_plugin.classification import verdict_of
from sim.pytest_plugin.durations import keep_durations
from sim.pytest_plugin.interrupts import EXIT_INTERRUPTED, Interrupts
from sim.pytest_plugin.output_search import SOUGHT, found_in_record
from sim.pytest_plugin.repetitions import comparison
from sim.pytest_plugin.run import Run, shown
from sim.pytest_plugin.run_folder import point_latest_to, project_of
from sim.report.event_lines import last_events
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
from sim.report.writing import SUMMARY, write_report

IN_THE_RECORD = "journal.jsonl, summary.json, junit.xml, logs"
MOST_NAMES = 5
"""Names printed of scenarios that are inconclusive for the same reason."""
INTERRUPTED = "the run was interrupted before the scenario ended"
REPORT_SHARE = 50
"""While the run goes on, its report takes one part in so many of the time, at most."""
NOTHING_RAN = "interrupted before a scenario began: nothing ran, and .sim/latest stays as it was"


class ScenarioLines:
    """In the controlling process: prints the progress of the run, keeps its verdicts, writes its report."""

    def __init__(self, config: pytest.Config, run: Run, interrupts: Interrupts) -> None:
        self._config = config
        self._run = run
        self._interrupts = interrupts
        self._count = 0
        self._problem = ""
        """Why there is no report."""
        self._worlds: set[str] = set()
        """The processes whose world is up, by their names."""
        self._unfinished: dict[str, pytest.TestReport] = {}
        """The reports of setup of scenarios that have not ended yet."""
        self._pace = ""
        self._latest_is_here = False
        self._printed: list[str] = []
        """What the scenarios wrote to the standard output and to the log, and how their failures read."""
        self._leaks: list[str] = []
        """A sentence for each part of the record that has a secret or recorded words."""
        self._places: dict[str, tuple[str, int]] = {}
        """Of each scenario that has ended: its file, relative to pytest's root, and its line."""
        self._next_report_at = 0.0
        """By `time.monotonic`."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._count = len(session.items)
        if self._count and not self._is_distributed:
            self._say_start(1)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if ids and not self._count:
            self._say_start(min(len(ids), int(self._config.option.numprocesses or 1)))
        self._count = len(ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported stops the run. pytest-xdist alone would run the other files."""
        if report.failed and self._is_distributed:
            pytest.exit(f"{report.nodeid} cannot be imported, so no scenario runs", pytest.ExitCode.USAGE_ERROR)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._printed += [text for _, text in report.sections] + [report.longreprtext]
        if report.when == "setup" and report.passed:
            self._unfinished[report.nodeid] = report
            self._note_world(report)
        if report.when != "call" and report.outcome == "passed":
            return
        self._unfinished.pop(report.nodeid, None)
        verdict = verdict_of(report)
        file, line, _ = report.location
        self._places[report.nodeid] = (file, (line or 0) + 1)
        earlier = next((verdict for verdict in self._run.verdicts if verdict.name == report.nodeid), None)
        if earlier is not None:
            if earlier.verdict not in (PASSED, SKIPPED):
                return  # the first failure counts; that the teardown failed as well adds nothing
            self._run.verdicts.remove(earlier)
        self._record(verdict)
        place = f"[{len(self._run.verdicts)}/{self._count}] " if self._count else ""
        self._say(f"{place}{SIGNS[verdict.verdict]} {verdict.name}  ({verdict.seconds:.1f} s)")
        self._write_interim_report()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        """Around what pytest itself writes (junit.xml), and before what it prints at the end."""
        self._interrupts.defer_for_good()
        if not self._interrupts.came:  # else the xdist workers still run, and end in the hook below
            self._write_report()
            self._set_exit_code(session)
        try:
            yield
        except OSError as error:
            self._problem = self._problem or str(error)
        if self._interrupts.came:
            self._end_unfinished()
            self._write_report()
        self._search_output()
        self._set_exit_code(session)

    def _search_output(self) -> None:
        """Last, when every file is written."""
        if self._run.verdicts:
            sought = self._config.stash.get(SOUGHT, Sought())
            failed = any(verdict.verdict == FAILED for verdict in self._run.verdicts)
            self._leaks = list(found_in_record(self._run.record, self._printed, sought, failed=failed))

    def _say_start(self, worlds: int) -> None:
        many = "a world" if worlds == 1 else f"{worlds} worlds"
        self._say(f"starting {many}; each processes one recording before its first scenario (steady state)")

    @property
    def _is_distributed(self) -> bool:
        return bool(self._config.pluginmanager.hasplugin("dsession"))

    def _note_world(self, report: pytest.TestReport) -> None:
        """At the first scenario of a world: print how long the start took; the run has begun."""
        worker = getattr(report, "worker_id", "main")
        if worker in self._worlds:
            return
        self._move_latest()
        self._worlds.add(worker)
        self._say(f"world {worker} is up and works ({report.duration:.1f} s)")

    def _move_latest(self) -> None:
        """Let `.sim/latest` point to this run: a scenario began, or the product crashed before one could begin."""
        if self._latest_is_here:
            return
        self._latest_is_here = True
        try:
            point_latest_to(self._run.record)
        except OSError as error:
            self._say(f".sim/latest was not moved: {error}")

    def _record(self, verdict: Verdict) -> None:
        self._run.verdicts.append(verdict)
        if verdict.verdict == FAILED:
            self._move_latest()
        try:
            self._run.journal.write("verdict", **verdict.as_json())
        except RecordNotWritten as error:  # every later scenario would end with the same sentence
            self._problem = str(error)
            pytest.exit(self._problem, returncode=self._exit_code())

    def _write_interim_report(self) -> None:
        """A run that is killed has the report of what ran. The last one, at the end, reports what went wrong here."""
        began = time.monotonic()
        if began < self._next_report_at:
            return
        with suppress(OSError, NoJournal), self._interrupts.deferred():
            write_report(self._run.record)
        self._next_report_at = time.monotonic() + REPORT_SHARE * (time.monotonic() - began)

    def _end_unfinished(self) -> None:
        """Give a verdict to the scenarios that an interrupt has cut off."""
        if not self._interrupts.came:
            return
        for name, report in self._unfinished.items():
            claim = str(dict(report.user_properties).get("claim", ""))
            verdict = Verdict(name, claim, INCONCLUSIVE, round(report.duration, 2), reason=INTERRUPTED)
            self._run.verdicts.append(verdict)
            try:
                self._run.journal.write("verdict", **verdict.as_json())
            except RecordNotWritten as error:
                self._problem = self._problem or str(error)
        self._unfinished.clear()

    def _write_report(self) -> None:
        run = self._run
        if not run.verdicts:
            return
        keep_durations(run.record.parent, {each.name: each.seconds for each in run.verdicts if each.seconds})
        try:
            run.journal.write("run_ended", real_seconds=round(run.real_seconds, 1))
            report = write_report(run.record)
            self._pace = _pace(json.loads((run.record / SUMMARY).read_text(encoding="utf-8")))
            if run.report_path is not None:
                run.report_path.write_bytes(report.read_bytes())
        except (RecordNotWritten, OSError) as error:
            self._problem = self._problem or str(error)

    def _set_exit_code(self, session: pytest.Session) -> None:
        if self._interrupts.came:
            session.exitstatus = EXIT_INTERRUPTED
        elif not self._run.verdicts:
            if session.testsfailed and session.exitstatus in (pytest.ExitCode.INTERRUPTED, EXIT_FAILED):
                session.exitstatus = pytest.ExitCode.USAGE_ERROR  # a file of scenarios cannot be imported
        elif session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = self._exit_code()

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        run, say = self._run, terminalreporter.line
        if not run.verdicts:
            if self._interrupts.came:
                say(NOTHING_RAN)
            elif exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
                say("no scenario was selected: `tox -e sim -- list` lists all of them")
            return
        terminalreporter.section("scenarios")
        print_table(run.verdicts, Console(file=terminalreporter._tw._file, highlight=False))
        counts = Counter(verdict.verdict for verdict in run.verdicts)
        say("")
        interrupted = " · interrupted" if self._interrupts.came else ""
        say(", ".join(f"{count} {kind}" for kind, count in counts.items()) + f" · seed {run.seed}{interrupted}")
        if self._problem:
            say(f"no report: {self._problem}")
            return
        if self._pace:
            say(self._pace)
        for line in self._failures():
            say(line)
        if repeated := list(comparison(run.verdicts)):
            say("")
            for line in repeated:
                say(line)
        if os.environ.get(annotations.VARIABLE) == "true":
            root = self._config.rootpath
            for line in annotations.annotations(run.verdicts, self._places, root, project_of(root)):
                say(line)
        for leak in self._leaks:
            say(f"{SIGNS[FAILED]} no secret and no recorded word is in the record of a run: {leak}")
        say("")
        say(f"record: {shown(run.record)}  ({IN_THE_RECORD})")
        report = run.report_path or run.record / "report.html"
        say(f"report: {report.resolve().as_uri()}")

    def _failures(self) -> Iterator[str]:
        for verdict in self._run.verdicts:
            if verdict.verdict == FAILED:
                yield from ["", f"{SIGNS[FAILED]} {verdict.name}", f"  {headline_of(verdict.reason)}"]
                yield from self._how_to_replay(verdict.name)
        for reason, names in self._inconclusive().items():
            more = [f"  and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
            yield from ["", *(f"{SIGNS[INCONCLUSIVE]} {name}" for name in names[:MOST_NAMES]), *more]
            yield f"  inconclusive: {reason}"
            yield from self._how_to_replay(names[0])

    def _how_to_replay(self, name: str) -> Iterator[str]:
        yield from (f"  {line}" for line in last_events(self._run.journal, name))
        yield f"  {self._run.about}"
        yield f"  replay: {self._run.replay(name)}"

    def _inconclusive(self) -> dict[str, list[str]]:
        """The inconclusive scenarios by their reason: a world that does not start is one reason for all of them."""
        names = defaultdict[str, list[str]](list)
        for verdict in self._run.verdicts:
            if verdict.verdict == INCONCLUSIVE:
                names[headline_of(verdict.reason)].append(verdict.name)
        return names

    def _exit_code(self) -> int:
        code = EXIT_FAILED if self._leaks else exit_code(self._run.verdicts)
        return max(code, EXIT_INCONCLUSIVE) if self._problem and code != EXIT_FAILED else code

    def _say(self, line: str) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)


def _pace(summary: dict[str, Any]) -> str:
    """`43 h of virtual time in 81 s, 1,900 × real time`; empty when no scenario ran."""
    virtual, real = float(summary["virtual_seconds"]), float(summary["real_seconds"])
    if not virtual or not real:
        return ""
    faster = (
        f", {speedup_text(virtual, real)} real time" if virtual > real else ""
    )  # else starting the worlds took longest
    return f"{duration_text(virtual)} of virtual time in {duration_text(real)}{faster}"
