"""Links of the pages on the site.

A page may link to a file of the repository: on a code host that is a link, on the site it is the file's name. Either
way the file has to exist; with `--strict` a wrong link stops the build.
"""

import logging
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>\.\./[^)\s#]+)(?:#[^)\s]*)?\)")

log = logging.getLogger("mkdocs.hooks.links")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """mkdocs calls this for each page, before links are resolved."""
    here = (DOCS / page.file.src_uri).parent

    def plain_if_outside(link: re.Match[str]) -> str:
        target = (here / link["target"]).resolve()
        if target.is_relative_to(DOCS):
            return link[0]
        if not target.exists():
            log.warning("%s links to %s, which does not exist", page.file.src_uri, link["target"])
        return link["text"]

    return LINK.sub(plain_if_outside, markdown)
