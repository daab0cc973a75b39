"""How reports format numbers, durations and names."""

import re
from collections.abc import Mapping

PROPER_NAMES = ("SQS", "S3", "API", "DLQ", "OpenAI", "Postgres", "IAM")


def duration_text(seconds: float) -> str:
    """`0.4 s`, `12 s`, `29 min 50 s`, `5 h 30 min`, `2 days 4 h`: at most two units."""
    if seconds < 10:
        return f"{round(seconds, 1):g} s"
    whole = round(seconds)
    for unit, unit_seconds, part, part_seconds in (
        ("days", 86_400, "h", 3_600),
        ("h", 3_600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= unit_seconds:
            large, rest = divmod(whole, unit_seconds)
            unit = "day" if unit == "days" and large == 1 else unit
            small = rest // part_seconds
            return f"{large} {unit} {small} {part}" if small else f"{large} {unit}"
    return f"{whole} s"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    tens = number % 100
    return f"{number}{'th' if 10 <= tens <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def count_text(count: int, singular: str, plural: str | None = None) -> str:
    """`1 message`, `3 messages`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def counts_text(counts: Mapping[str, int]) -> str:
    """`2 complete, 1 transcript only`, from the number of memories by status."""
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items()))


def speedup_text(virtual_seconds: float, real_seconds: float) -> str:
    """Virtual time divided by real time, such as `1,840 ×`."""
    if real_seconds <= 0:
        return "–"
    speedup = virtual_seconds / real_seconds
    return f"{speedup:,.0f} ×" if speedup >= 10 else f"{speedup:.1f} ×"


def with_proper_names(text: str) -> str:
    """`openai` → `OpenAI`, `sqs` → `SQS`: for text made from file and function names, which are in lower case."""
    for name in PROPER_NAMES:
        text = re.sub(rf"\b{name}\b", name, text, flags=re.IGNORECASE)
    return text


def title_of(test_name: str) -> str:
    """The name of a test function as words: `test_a_b[case]` → `A b (case)`."""
    words = with_proper_names(test_name.removeprefix("test_").replace("_", " "))
    words, bracket, case = words.partition("[")
    return words[:1].upper() + words[1:] + (f" ({case.removesuffix(']')})" if bracket else "")


def folder_title_of(path: str) -> str:
    """The folder of a scenario's file as words, such as `OpenAI`; empty for a file without a folder."""
    return with_proper_names(path.rpartition("/")[0].replace("_", " "))


def headline_of(reason: str) -> str:
    """The sentence in a failure's text that says what went wrong: the first line that pytest marks with `E`."""
    marked = [line[1:].strip() for line in reason.splitlines() if line.startswith("E ")]
    lines = marked or [line.strip() for line in reason.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    kind, _, rest = first.partition(": ")
    is_exception_name = rest and " " not in kind and kind.rpartition(".")[2][:1].isupper()
    return (rest if is_exception_name else first)[:400]
