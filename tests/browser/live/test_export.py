"""The static site of all lessons, opened from the disk."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sim.demo.lessons.files import Lesson, lessons
from sim.platform.processes import free_port
from tests.browser.chromium import Chromium
from tests.integration.demo.conftest import violations

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
    assert {file.name for file in site.iterdir()} == {"index.html", *(f"{each}.html" for each in lessons())}
    for lesson in lessons().values():
        check_recording(lesson, (site / f"{lesson.id}.html").read_text(encoding="utf-8"))
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


def check_recording(lesson: Lesson, html: str) -> None:
    (text,) = re.findall(r'<script type="application/json" id="recording">(.*?)</script>', html, re.DOTALL)
    recording = json.loads(text)
    assert recording["title"] == lesson.title
    assert {link["href"] for link in recording["lessons"]} == {f"{each}.html" for each in lessons()}
    assert recording["state"]["lesson"]["verdict"] == ("failed" if lesson.sabotage else "passed")
    assert bool(violations(recording["feed"])) == bool(lesson.sabotage)
    assert re.findall(r' (?:src|href)="(?!data:|#)[^"]*"', html.partition("<body")[0]) == []
