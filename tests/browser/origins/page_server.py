"""The page's own server: another origin than the API and the bucket."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent
CALLERS = FOLDER.parents[2] / "docs/reference/callers.md"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript"}


def documented_follow() -> str:
    """The script that the documentation shows for following a memory."""
    (script,) = re.findall(r"^```js\n(.*?)^```", CALLERS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(script)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/follow.js":
            self._answer(documented_follow(), ".js")
        elif path in ("/page.html", "/page.js"):
            self._answer((FOLDER / path[1:]).read_text(encoding="utf-8"), Path(path).suffix)
        else:
            self.send_response(204)  # the icon that a browser asks for
            self.end_headers()

    def _answer(self, text: str, suffix: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", TYPES[suffix])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """No line in the test's output."""


@contextmanager
def served() -> Iterator[str]:
    """The origin of a running server: `http://127.0.0.1:PORT`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
