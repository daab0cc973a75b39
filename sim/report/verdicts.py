"""The verdicts of scenarios, their signs and exit codes, and the claim in a scenario's docstring."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

PASSED = "passed"
FAILED = "failed"
INCONCLUSIVE = "inconclusive"
SKIPPED = "skipped"
UNFINISHED = "unfinished"
"""Not a verdict: the run ended before the scenario did."""

SIGNS = {PASSED: "✔", FAILED: "✘", INCONCLUSIVE: "?", SKIPPED: "–"}
"""For the terminal."""

EXIT_PASSED, EXIT_FAILED, EXIT_INCONCLUSIVE = 0, 1, 2


@dataclass(frozen=True)
class Verdict:
    """The verdict of one scenario; `outcomes` is the number of its memories by their final status."""

    name: str
    claim: str
    verdict: str
    seconds: float
    outcomes: dict[str, int] = field(default_factory=dict)
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The keys of the journal's line `verdict`."""
        return {
            "scenario": self.name,
            "claim": self.claim,
            "verdict": self.verdict,
            "test_seconds": self.seconds,
            "outcomes": self.outcomes,
            "reason": self.reason,
        }


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """0: all passed. 1: one failed. 2: none failed, but one is inconclusive."""
    kinds = {verdict.verdict for verdict in verdicts}
    if FAILED in kinds:
        return EXIT_FAILED
    return EXIT_INCONCLUSIVE if INCONCLUSIVE in kinds else EXIT_PASSED


def claim_of(module_docstring: str | None, test_docstring: str | None) -> str:
    """The claim of a scenario, on one line; without one the first line of a docstring, or `no claim`."""
    claim = stated_claim(module_docstring, test_docstring)
    return claim or (test_docstring or module_docstring or "no claim").strip().splitlines()[0]


def stated_claim(module_docstring: str | None, test_docstring: str | None) -> str | None:
    """The paragraph that begins with `Claim:`, on one line; that of the test has priority over that of its file."""
    for text in (test_docstring, module_docstring):
        for paragraph in (text or "").split("\n\n"):
            words = " ".join(paragraph.split())
            if words.startswith("Claim:"):
                return words.removeprefix("Claim:").strip() or None
    return None
