"""What became of a scenario, in the words of the report."""

from dataclasses import dataclass, field
from typing import Any

PASSED = "passed"
FAILED = "failed"
INCONCLUSIVE = "inconclusive"
SKIPPED = "skipped"

SIGNS = {PASSED: "✔", FAILED: "✘", INCONCLUSIVE: "?", SKIPPED: "–"}


@dataclass(frozen=True)
class Verdict:
    """One scenario: what it claims, whether that held, and what each of its memories ended as."""

    name: str
    claim: str
    verdict: str
    seconds: float
    outcomes: dict[str, int] = field(default_factory=dict)
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields of the journal's line `verdict`."""
        return {
            "scenario": self.name,
            "claim": self.claim,
            "verdict": self.verdict,
            "test_seconds": self.seconds,
            "outcomes": self.outcomes,
            "reason": self.reason,
        }


def claim_of(module_docstring: str | None, test_docstring: str | None) -> str:
    """What is claimed, on one line; else the first line of what docstring there is."""
    claim = stated_claim(module_docstring, test_docstring)
    return claim or (test_docstring or module_docstring or "no claim").strip().splitlines()[0]


def stated_claim(module_docstring: str | None, test_docstring: str | None) -> str | None:
    """The paragraph that begins with `Claim:`, on one line; the test's own before its file's."""
    for text in (test_docstring, module_docstring):
        for paragraph in (text or "").split("\n\n"):
            words = " ".join(paragraph.split())
            if words.startswith("Claim:"):
                return words.removeprefix("Claim:").strip() or None
    return None
