"""What docs/reference/report.md says about the keys of the record."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "report.md"
KEYS_OF_EVERY_LINE = {"at", "kind", "virtual_at", "scenario", "lane", "seq"}


def documented_kinds() -> dict[str, set[str]]:
    """The keys of each kind of event, from the page's table."""
    rows = re.findall(r"^\| `(\w+)` \| ((?:`\w+` ?)*) ?\|.*\|.*\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {kind: set(re.findall(r"`(\w+)`", keys)) for kind, keys in rows}
