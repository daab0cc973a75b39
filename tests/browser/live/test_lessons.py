"""Every lesson to its end, and every sabotage to the event that turns the strip red."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.browser.live.visitor import Visitor

DEMO = Path(__file__).parents[3] / "sim/demo"


def files(folder: str) -> list[Path]:
    return sorted((DEMO / folder).glob("*.toml"))


def title_of(file: Path) -> str:
    return str(contents(file)["title"])


def contents(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", files("lessons"), ids=lambda file: file.stem)
def test_a_lesson_ends_with_its_invariants(visitor: Visitor, file: Path) -> None:
    visitor.page.locator("#panel-lessons").get_by_role("button", name=title_of(file), exact=True).click()
    verdict = visitor.give(title_of(file))

    assert verdict.get_attribute("class") == "verdict passed", verdict.inner_text()
    assert "lost 0 · paid twice 0" in visitor.equation
    assert visitor.page.locator("#lesson .shown").inner_text() == contents(file)["shown"]
    visitor.page.locator("#tab-checks").click()
    visitor.until(lambda: visitor.page.locator(".invariants .passed").count() > 5, 10)
    visitor.page.locator("#lesson").get_by_role("button", name="Close").click()
    visitor.page.locator("#lesson").wait_for(state="hidden")


@pytest.mark.parametrize("file", files("sabotages"), ids=lambda file: file.stem)
def test_a_sabotage_turns_red_at_the_event_that_causes_the_damage(visitor: Visitor, file: Path) -> None:
    sabotage = contents(file)
    visitor.page.locator("#tab-sabotage").click()
    visitor.page.get_by_role("button", name=f"Show it: {sabotage['title']}").click()
    visitor.page.locator(".banner.sabotaged", has_text=sabotage["title"]).wait_for(timeout=60_000)
    verdict = visitor.give(sabotage["title"])

    red = visitor.page.locator(".alarm.wrong").all_inner_texts()
    assert any(each.startswith(sabotage["turns_red"]) for each in red), visitor.equation
    sentence = visitor.page.locator("#violations li").first.inner_text()
    marks = visitor.page.locator("#strip .violation title").all_text_contents()
    assert sentence in marks
    assert ": recording " in sentence
    assert verdict.inner_text().startswith("The invariants found the bug. ")
    assert visitor.page.locator("#lesson .shown").inner_text() == sabotage["shown"]
