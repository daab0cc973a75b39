"""One file of HTML that replays a run without a server: the page itself, with its modules, styles and a recorded feed.

The modules stay modules: an import map gives each a name, and its source as a data URL, so that no bundler is needed
and the file also opens from a disk.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOTS = {"/page/": HERE / "page", "/js/picture/": HERE.parent / "picture" / "js"}
"""Where the server serves folders of modules."""
ENTRY = "/page/main.js"

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:; "
    "media-src data: blob:; base-uri 'none'; form-action 'none'"
)
"""A replay has no server to ask, and asks none."""

_IMPORT = re.compile(r"""((?:\bfrom|\bimport)\s*\(?\s*)(["'])([^"'\n]+\.js)\2""")
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n?')
_SCRIPT = re.compile(r'<script type="module" src="([^"]+)"></script>\n?')


class PageIncomplete(Exception):
    """A file that the page names does not exist; the text says which."""


def replay_of(recording: Mapping[str, Any]) -> str:
    """The whole file. Raises PageIncomplete."""
    page = (HERE / "page" / "index.html").read_text(encoding="utf-8")
    styles = "".join(_style(match[1]) for match in _STYLE.finditer(page))
    entries = [match[1] for match in _SCRIPT.finditer(page)] or [ENTRY]
    imports = json.dumps({"imports": {_name(path): _data_url(text) for path, text in _modules(entries).items()}})
    starts = "".join(f"import {json.dumps(_name(entry))};\n" for entry in entries)
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<style>\n{styles}</style>\n"
        f'<script type="application/json" id="recording">{_embedded(recording)}</script>\n'
        f'<script type="importmap">{imports}</script>\n'
        f'<script type="module">\n{starts}</script>\n'
    )
    page = _SCRIPT.sub("", _STYLE.sub("", page))
    before, end, after = page.partition("</head>")
    return before + head + end + after


def _modules(entries: Sequence[str]) -> dict[str, str]:
    """Path → source of the entries and of everything that they import; every import is by a name of the map."""
    found: dict[str, str] = {}
    open_paths = list(entries)
    while open_paths:
        path = open_paths.pop()
        if path in found:
            continue
        imported: list[str] = []

        def rename(match: re.Match[str], of: str = path, imported: list[str] = imported) -> str:
            target = _resolved(match[3], of)
            imported.append(target)
            return f"{match[1]}{match[2]}{_name(target)}{match[2]}"

        found[path] = _IMPORT.sub(rename, _file(path))
        open_paths += imported
    return found


def _resolved(specifier: str, importer: str) -> str:
    if specifier.startswith("/"):
        return specifier
    parts = importer.split("/")[:-1]
    for step in specifier.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def _file(path: str) -> str:
    """Raises PageIncomplete."""
    for root, folder in ROOTS.items():
        if path.startswith(root):
            file = folder / path.removeprefix(root)
            if file.is_file():
                return file.read_text(encoding="utf-8")
    raise PageIncomplete(f"the page names {path}, which does not exist")


def _style(path: str) -> str:
    return _file(path).replace("</", "<\\/") + "\n"


def _name(path: str) -> str:
    """A name that is no path: a path would be looked for beside the module, and a data URL has nothing beside it."""
    return path.removeprefix("/")


def _data_url(source: str) -> str:
    return f"data:text/javascript;charset=utf-8;base64,{base64.b64encode(source.encode()).decode()}"


def _embedded(recording: Mapping[str, Any]) -> str:
    """JSON that cannot end its element: titles are what viewers typed."""
    return json.dumps(recording, separators=(",", ":")).replace("<", "\\u003c")
