"""Annotations of GitHub Actions: each scenario that did not pass, at its file and line in the pull request.

Workflow commands, with their escapes: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sim.picture.formatting import headline_of, title_of
from sim.report.verdicts import FAILED, INCONCLUSIVE, Verdict

VARIABLE = "GITHUB_ACTIONS"
"""`true` where GitHub runs this process."""
LEVELS = {FAILED: "error", INCONCLUSIVE: "warning"}


def annotations(
    verdicts: Iterable[Verdict], places: Mapping[str, tuple[str, int]], root: Path, repository: Path
) -> Iterator[str]:
    """A workflow command for each scenario that failed or is inconclusive.

    `places`: name → file of the scenario, relative to `root`, and its line. GitHub wants paths relative to the
    repository.
    """
    for verdict in verdicts:
        level = LEVELS.get(verdict.verdict)
        if level is None:
            continue
        properties = {"title": title_of(verdict.name.rpartition("::")[2])}
        if verdict.name in places:
            name, line = places[verdict.name]
            file = root / name
            shown = file.relative_to(repository) if file.is_relative_to(repository) else file
            properties = {"file": str(shown), "line": str(line), **properties}
        listed = ",".join(f"{name}={_escaped(value, of_property=True)}" for name, value in properties.items())
        yield f"::{level} {listed}::{_escaped(f'{verdict.claim} {headline_of(verdict.reason)}'.strip())}"


def _escaped(text: str, *, of_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if of_property else text
