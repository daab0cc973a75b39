"""`tox -e shots`: every screen of the demo's page as a picture, in .sim/shots."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.browser.chromium import Chromium, find_chromium, started
from tests.browser.demo.screens import SCREENS
from tests.browser.demo.shown_page import showing

FOLDER = Path(".sim/shots")
SIZES = {"1920": (1920, 1080), "1280": (1280, 720), "390": (390, 844)}
SCHEMES = ("light", "dark")


def main() -> int:
    program = find_chromium()
    if program is None:
        print("there is no chromium on this machine: apt-get install chromium")
        return 2
    wanted = sys.argv[1:] or list(SCREENS)
    if unknown := set(wanted) - set(SCREENS):
        print(f"there is no screen {', '.join(sorted(unknown))}; there are {', '.join(SCREENS)}")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with started(program) as browser:
        for screen in wanted:
            page = Chromium(browser)
            for path in _shots(page, screen):
                print(path)
            page.stop()
    return 0


def _shots(browser: Chromium, screen: str) -> Iterator[Path]:
    with showing(browser) as show:
        SCREENS[screen](show)
        for name, (width, height) in SIZES.items():
            for scheme in SCHEMES:
                browser.emulate(width, height, scheme, reduced_motion="reduce")
                browser.page.wait_for_timeout(250)
                path = FOLDER / f"{screen.replace(' ', '-')}-{name}-{scheme}.png"
                browser.screenshot(path, full=name == "390")
                yield path


if __name__ == "__main__":
    sys.exit(main())
