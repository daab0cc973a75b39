"""Known vulnerabilities of every locked package, by pip-audit; the environment `security` runs it.

pip-audit exits with 0 where it could not look anything up. Here such packages count as skipped, and a lock of which
nothing was looked up is no success: `--require-data`, for machines that reach the data, makes it an error.

    python tests/security/audit.py [--require-data] [LOCK …]
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ACCEPTED = Path(__file__).parent / "accepted_vulnerabilities.toml"
SECONDS = 240


@dataclass
class Audit:
    """One lock's packages."""

    lock: str
    audited: int = 0
    skipped: int = 0
    found: list[str] = field(default_factory=list)
    """`name version: id (fixed in …)` of each vulnerability that is not accepted."""
    error: str = ""
    """Why pip-audit did not even run to its end."""

    @property
    def has_data(self) -> bool:
        return self.audited > 0

    def line(self) -> str:
        if self.error:
            return f"{self.lock}: skipped, {self.error}"
        if not self.has_data:
            return f"{self.lock}: skipped, none of {self.skipped} packages could be looked up"
        return f"{self.lock}: {self.audited} audited, {self.skipped} skipped, {len(self.found)} vulnerabilities"


def locks(root: Path = ROOT) -> list[Path]:
    """Every file of requirements with hashes."""
    ours = [
        *root.glob("requirements/*.txt"),
        *root.glob("sim/*/requirements.txt"),
        *root.glob("tests/*/requirements.txt"),
    ]
    return sorted(path for path in ours if "--hash=" in path.read_text(encoding="utf-8"))


def accepted(today: date, path: Path = ACCEPTED) -> set[str]:
    """The ids that are accepted until a day that is not over."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", [])
    return {each["id"] for each in entries if each["until"] >= today and each["reason"]}


def judge(lock: str, answer: Mapping[str, Any], known: set[str]) -> Audit:
    """Read pip-audit's JSON."""
    audit = Audit(lock)
    for each in answer["dependencies"]:
        if "skip_reason" in each:
            audit.skipped += 1
            continue
        audit.audited += 1
        for flaw in each["vulns"]:
            if not known & {flaw["id"], *flaw["aliases"]}:
                fixed = ", ".join(flaw["fix_versions"]) or "no version"
                audit.found.append(f"{each['name']} {each['version']}: {flaw['id']} (fixed in {fixed})")
    return audit


def run(lock: Path, known: set[str]) -> Audit:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", "--timeout", "10", "--requirement", str(lock)]
    name = lock.relative_to(ROOT).as_posix()
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        return judge(name, json.loads(ended.stdout), known)
    except subprocess.TimeoutExpired:
        return Audit(name, error=f"pip-audit did not end within {SECONDS} s")
    except json.JSONDecodeError:
        return Audit(name, error=(ended.stderr.strip().splitlines() or ["pip-audit wrote nothing"])[-1][:200])


def audit_all(paths: Sequence[Path], known: set[str]) -> list[Audit]:
    """The shortest lock first: where it gets no data, the others get none either, each after minutes of attempts."""
    first, *others = sorted(paths, key=lambda path: path.stat().st_size)
    audits = [run(first, known)]
    for path in others:
        name = path.relative_to(ROOT).as_posix()
        has_data = audits[0].has_data
        audits.append(run(path, known) if has_data else Audit(name, error=f"for {audits[0].lock} got no data"))
    return audits


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="audit", description="Known vulnerabilities of every locked package.")
    parser.add_argument("lock", nargs="*", type=Path)
    parser.add_argument("--require-data", action="store_true", help="fail for a lock of which nothing was looked up")
    options = parser.parse_args(arguments)
    known = accepted(datetime.now(UTC).date())
    audits = audit_all([path.resolve() for path in options.lock] or locks(), known)
    for each in audits:
        print(each.line(), *each.found, sep="\n  ")
    without = [each for each in audits if not each.has_data]
    if without:
        print(f"skipped: the audit of {len(without)} of {len(audits)} locks, for the data could not be reached")
    return int(any(each.found for each in audits) or (options.require_data and bool(without)))


if __name__ == "__main__":
    sys.exit(main())
