"""The static site of all lessons, opened from the disk."""

import os
import subprocess
import sys
from pathlib import Path

from sim.platform.processes import free_port
from tests.browser.chromium import Chromium

ROOT = Path(__file__).parents[3]
LONGEST_SECONDS = 900


def test_the_exported_lessons_open_without_a_server(browser: Chromium, tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "sim", "demo", "--port", str(free_port()), "--export", str(site)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    browser.emulate(1440, 900)
    for number, page in enumerate(sorted(site.glob("*.html"))):
        browser.open(page.as_uri())
        browser.press(" ")
        scrub = browser.page.get_by_label("Position in the run")
        scrub.fill(scrub.get_attribute("max") or "")
        browser.page.locator("#lesson .verdict").wait_for()
        sabotaged = browser.page.locator(".banner.sabotaged").count()
        assert browser.page.locator(".alarm.wrong").count() == (1 if sabotaged else 0), page.name
        assert browser.page.locator("#violations li").count() >= sabotaged, page.name
        if number == 0:
            browser.page.locator(".lesson-list a").last.click()
            browser.page.locator("#lesson .caption-text").wait_for()

    assert browser.errors == []
    assert {each.partition(":")[0] for each in browser.requested} <= {"file", "about", "data"}
