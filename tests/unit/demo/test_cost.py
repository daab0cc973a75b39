"""What a run would have cost: dated prices as data, and no number where a price is missing."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sim.demo.feed.cost import BadPrices, Cost, Price, list_prices
from sim.journal.reading import Line
from sim.provisioning.rendering import Rendering

PRICES = {
    "hears": Price("https://prices", date(2026, 11, 30), minute_of_audio=0.006),
    "reads": Price("https://prices", date(2026, 5, 4), million_input_tokens=1.0, million_output_tokens=10.0),
}


def request(model: str | None, seconds: float = 0, tokens_in: int = 0, tokens_out: int = 0) -> Line:
    fields = {
        "model": model,
        "billed_seconds": seconds,
        "billed_prompt_tokens": tokens_in,
        "billed_completion_tokens": tokens_out,
    }
    return Line(1, "openai_request", 0.0, 0.0, "demo", fields)


def cost_of(*lines: Line) -> dict[str, Any] | None:
    cost = Cost(PRICES)
    for line in lines:
        cost.take([line])
    return cost.as_json()


def test_audio_costs_by_the_minute_and_text_by_the_token() -> None:
    assert cost_of(request("hears", seconds=90), request("reads", tokens_in=2000, tokens_out=300)) == {
        "dollars": pytest.approx(0.009 + 0.002 + 0.003),
        "date": "2026-05-04",
        "sources": {"hears": "https://prices", "reads": "https://prices"},
    }


def test_the_date_is_that_of_the_prices_in_use() -> None:
    about = cost_of(request("hears", seconds=60))

    assert about is not None
    assert about["date"] == "2026-11-30"


def test_what_was_not_billed_costs_nothing_and_has_no_price_to_miss() -> None:
    assert cost_of() is None
    assert cost_of(request("other"), Line(1, "sqs", 0.0, 0.0, "demo", {})) is None


@pytest.mark.parametrize("model", ["other", None])
def test_without_a_price_there_is_no_sum(model: str | None) -> None:
    about = cost_of(request("hears", seconds=60), request(model, tokens_in=1))

    assert about == {"dollars": None, "unknown": [model or "unknown"]}


def test_every_model_of_the_deployment_has_a_price_with_source_and_date() -> None:
    rendered = json.dumps(Rendering.load("core").outputs) + Path("sim/provisioning/rendered/core.json").read_text(
        encoding="utf-8"
    )
    prices = list_prices()

    for model in prices:
        assert f'"{model}"' in rendered, "a price of no use"
    assert {"gpt-transcribe", "gpt-5.4-mini"} <= set(prices)
    assert prices["gpt-transcribe"].minute_of_audio > 0
    assert prices["gpt-5.4-mini"].million_output_tokens > prices["gpt-5.4-mini"].million_input_tokens > 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[m]\nminute_of_audio = 1\ndate = 2026-01-01", "needs its source"),
        ("[m]\nminute_of_audio = 1\nsource = 'http://x'\ndate = 2026-01-01", "needs its source"),
        ("[m]\nminute_of_audio = 1\nsource = 'https://x'", "and its date"),
        ("[m]\nsource = 'https://x'\ndate = 2026-01-01", "above 0"),
        ("[m]\nminute_of_audio = 0\nsource = 'https://x'\ndate = 2026-01-01", "above 0"),
        ("[m]\nminute_of_audio = '1'\nsource = 'https://x'\ndate = 2026-01-01", "above 0"),
        ("[m]\nhour = 1\nsource = 'https://x'\ndate = 2026-01-01", "no key hour"),
    ],
)
def test_a_file_with_a_price_that_is_none_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadPrices, match=reason):
        list_prices(file)
