"""axe-core finds no serious barrier, in any state, scheme and width."""

import pytest

from tests.browser.barriers import barriers
from tests.browser.demo.screens import SCREENS, with_tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_no_serious_finding(show, screen, scheme):
    page = SCREENS[screen](show)
    page.browser.emulate(1440, 900, scheme, reduced_motion="reduce")
    page.browser.draw()

    assert barriers(page.browser.page) == []


@pytest.mark.parametrize("screen", ["everything", "break", "lost"])
def test_no_serious_finding_on_a_phone(show, screen):
    page = SCREENS[screen](show)
    page.browser.emulate(390, 844, reduced_motion="reduce")
    page.browser.draw()

    assert barriers(page.browser.page) == []


def test_forced_colours_reach_the_dots(show):
    page = with_tab(show, "recordings")
    page.browser.emulate(1440, 900, forced_colors="active")
    page.browser.draw()

    ink = "getComputedStyle(document.querySelector('.dots')).getPropertyValue('--ink')"
    assert page.browser.run(ink) == "CanvasText"
    assert barriers(page.browser.page) == []


def test_the_focus_is_visible_on_every_control(show):
    page = show()
    page.browser.wait_for("!document.querySelector('.capture .primary').disabled")
    for _ in range(40):
        page.browser.press("Tab")
        width = page.browser.run(
            "document.activeElement === document.body"
            " ? 3 : parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        )
        assert width >= 2, page.browser.run("document.activeElement.outerHTML")
