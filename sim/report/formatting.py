"""How the report says numbers and times."""


def spoken_seconds(seconds: float) -> str:
    """`0.4 s`, `12 s`, `29 min 50 s`, `5 h 30 min`, `2 days 4 h`: never more than two units."""
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
    tens = number % 100
    return f"{number}{'th' if 10 <= tens <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def many(count: int, one: str, more: str | None = None) -> str:
    """`1 message`, `3 messages`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def ratio(virtual_seconds: float, real_seconds: float) -> str:
    """How much faster than the real thing, such as `1,840 ×`."""
    if real_seconds <= 0:
        return "–"
    times = virtual_seconds / real_seconds
    return f"{times:,.0f} ×" if times >= 10 else f"{times:.1f} ×"
