"""A replay is one file: every module and style is in it, nothing is left to load, and no title can end an element."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sim.demo import sharing
from sim.demo.sharing import PageIncomplete, replay_of

RECORDING: dict[str, Any] = {"title": "</script><script>alert(1)</script>", "feed": [{"n": 1}], "state": {}}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of several modules, beside the picture's."""
    for name, text in {
        "page/index.html": (
            '<!doctype html><html><head><link rel="stylesheet" href="/page/page.css">\n'
            '<link rel="stylesheet" href="/js/picture/strip.css">\n'
            '<script type="module" src="/page/main.js"></script>\n</head><body></body></html>'
        ),
        "page/page.css": "body { color: red }",
        "page/main.js": (
            'import { a } from "/page/views/a.js";\nimport "/page/effect.js";\nexport { b } from "./b.js";\n'
            'const later = () => import("/page/later.js");\nconst text = "from nowhere";\n'
        ),
        "page/views/a.js": (
            'import { b } from "../b.js";\nimport { r } from "/js/picture/reducer.js";\nexport const a = b + r;\n'
        ),
        "page/b.js": "export const b = 1;\n",
        "page/effect.js": 'import{b}from"/page/b.js";\n',
        "page/later.js": "export default 1;\n",
        "page/unused.js": "export default 2;\n",
        "picture/reducer.js": "import { f } from './formatting.js';\nexport const r = f;\n",
        "picture/formatting.js": "export const f = 'ü';\n",
        "picture/strip.css": ".strip {}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(sharing, "HERE", tmp_path)
    monkeypatch.setattr(sharing, "ROOTS", {"/page/": tmp_path / "page", "/js/picture/": tmp_path / "picture"})
    return tmp_path


def element(html: str, type_: str) -> str:
    (found,) = re.findall(rf'<script type="{type_}"[^>]*>(.*?)</script>', html, re.DOTALL)
    return str(found)


def modules(html: str) -> dict[str, str]:
    imports = json.loads(element(html, "importmap"))["imports"]
    return {name: base64.b64decode(url.partition("base64,")[2]).decode() for name, url in imports.items()}


@pytest.mark.usefixtures("page")
def test_every_module_that_is_imported_is_in_the_map_and_no_other() -> None:
    found = modules(replay_of(RECORDING))

    assert set(found) == {
        *("page/main.js", "page/views/a.js", "page/b.js", "page/effect.js", "page/later.js"),
        *("js/picture/reducer.js", "js/picture/formatting.js"),
    }
    assert found["js/picture/formatting.js"] == "export const f = 'ü';\n"


@pytest.mark.usefixtures("page")
def test_every_import_is_by_a_name_of_the_map() -> None:
    html = replay_of(RECORDING)
    found = modules(html)

    named = {name for text in found.values() for _, _, name in sharing._IMPORT.findall(text)}
    assert named == set(found) - {"page/main.js"}
    assert 'const text = "from nowhere"' in found["page/main.js"]
    assert 'import "page/main.js";' in element(html, "module")


@pytest.mark.usefixtures("page")
def test_nothing_is_left_to_load() -> None:
    html = replay_of(RECORDING)

    assert re.findall(r'<link rel="stylesheet"|<script[^>]* src=', html) == []
    assert "body { color: red }" in html
    assert ".strip {}" in html
    assert "default-src 'none'" in html
    assert "connect-src" not in html


@pytest.mark.usefixtures("page")
def test_the_recording_cannot_end_its_element() -> None:
    html = replay_of(RECORDING)

    assert json.loads(element(html, "application/json")) == RECORDING
    assert "alert(1)</script>" not in html


@pytest.mark.parametrize("missing", ["page/b.js", "page/page.css", "picture/formatting.js"])
def test_a_missing_file_is_named(page: Path, missing: str) -> None:
    (page / missing).unlink()

    with pytest.raises(PageIncomplete, match=Path(missing).name):
        replay_of(RECORDING)
