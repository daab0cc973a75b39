"""What the calls of a run would have cost at OpenAI's list prices, which are data with a date."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sim.journal.reading import Line

PRICES = Path(__file__).parents[1] / "prices.toml"
MILLION = 1_000_000
KEYS = {"minute_of_audio", "million_input_tokens", "million_output_tokens", "source", "date"}


class BadPrices(ValueError):
    """The file has a price that is none; the text says which."""


@dataclass(frozen=True)
class Price:
    """Of one model, in US dollars. What it does not ask for is 0."""

    source: str
    date: date
    minute_of_audio: float = 0.0
    million_input_tokens: float = 0.0
    million_output_tokens: float = 0.0

    def of(self, line: Line) -> float:
        return (
            line.number_of("billed_seconds") / 60 * self.minute_of_audio
            + line.number_of("billed_prompt_tokens") / MILLION * self.million_input_tokens
            + line.number_of("billed_completion_tokens") / MILLION * self.million_output_tokens
        )


@dataclass
class Cost:
    """Counts the requests that were billed."""

    prices: Mapping[str, Price]
    dollars: float = 0.0
    used: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    """Models without a price: then there is no sum."""

    def take(self, lines: Iterable[Line]) -> None:
        for line in lines:
            if line.kind != "openai_request" or not _is_billed(line):
                continue
            model = line.text("model")
            price = self.prices.get(model)
            if price is None:
                self.unknown.add(model or "unknown")
            else:
                self.used.add(model)
                self.dollars += price.of(line)

    def as_json(self) -> dict[str, Any] | None:
        """The key `cost` of the state: None while nothing was billed, `dollars` null without a price."""
        if self.unknown:
            return {"dollars": None, "unknown": sorted(self.unknown)}
        if not self.used:
            return None
        oldest = min(self.prices[model].date for model in self.used)
        sources = {model: self.prices[model].source for model in sorted(self.used)}
        return {"dollars": round(self.dollars, 6), "date": oldest.isoformat(), "sources": sources}


def _is_billed(line: Line) -> bool:
    return any(line.number_of(name) for name in ("billed_seconds", "billed_prompt_tokens", "billed_completion_tokens"))


@cache
def list_prices(path: Path = PRICES) -> Mapping[str, Price]:
    """By model. Raises BadPrices."""
    return {model: _price(model, about) for model, about in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def _price(model: str, about: dict[str, Any]) -> Price:
    if unknown := set(about) - KEYS:
        raise BadPrices(f"{model}: there is no key {', '.join(sorted(unknown))}")
    if not str(about.get("source", "")).startswith("https://") or not isinstance(about.get("date"), date):
        raise BadPrices(f"{model}: a price needs its source, an https address, and its date")
    numbers = {name: value for name, value in about.items() if name not in ("source", "date")}
    if not numbers or any(not isinstance(each, int | float) or each <= 0 for each in numbers.values()):
        raise BadPrices(f"{model}: a price is a number above 0")
    return Price(**about)
