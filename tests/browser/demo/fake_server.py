"""A server with the demo's control channel and nothing behind it: tests push states and events, and see what was asked.

It serves the demo's real page. What it answers follows docs/reference/demo-control.md; the feeds are recorded ones.
"""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[3]
FOLDERS = {"/page/": ROOT / "sim/demo/page", "/js/picture/": ROOT / "sim/picture/js"}
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob: data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
TOKEN = "a-token"
SILENCE = (ROOT / "sim/recordings/audio/dentist-reminder.wav").read_bytes()


class Demo:
    """What the page sees. Change `state` by `update`, push events by `push`, and read what was asked in `asked`."""

    def __init__(self, state: dict[str, Any], feed: list[dict[str, Any]]) -> None:
        self.state = state
        self.feed = list(feed)
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        """Action → status code and body; 200 and {} without one."""
        self.memories: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.recorded: list[tuple[str, bytes]] = []
        self.token = TOKEN
        self._viewers: list[queue.Queue[str | None]] = []
        self._lock = threading.Lock()
        self._accepts = True

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    def update(self, **changes: Any) -> None:
        """Change the state and send it to all viewers."""
        self.state = {**self.state, **changes}
        self._send(f"event: state\ndata: {json.dumps(self.state)}\n\n")

    def push(self, *events: dict[str, Any]) -> None:
        """Append events to the feed, numbered on, and send them."""
        for event in events:
            numbered = {**event, "n": len(self.feed) + 1}
            self.feed.append(numbered)
            self._send(self._message(numbered))

    def restart(self, run: str, **changes: Any) -> None:
        """Begin a new run with an empty feed."""
        self.feed = []
        self.state = {**self.state, "run": run, **changes}
        self._send(f'event: run\ndata: {{"run": "{run}"}}\n\n')
        self.update()

    def disconnect(self, accepts: bool = False) -> None:
        """End all connections; with `accepts` false, also refuse new ones."""
        with self._lock:
            self._accepts = accepts
            for viewer in self._viewers:
                viewer.put(None)

    def reconnect(self) -> None:
        self._accepts = True

    def _message(self, event: dict[str, Any]) -> str:
        return f"id: {self.state['run']}.{event['n']}\ndata: {json.dumps(event)}\n\n"

    def _send(self, message: str) -> None:
        with self._lock:
            for viewer in self._viewers:
                viewer.put(message)

    def follow(self) -> Iterator[str]:
        """What one viewer is sent: the run, the state, the whole feed, then everything new."""
        mine: queue.Queue[str | None] = queue.Queue()
        with self._lock:
            self._viewers.append(mine)
            begin = [
                f'event: run\ndata: {{"run": "{self.state["run"]}"}}\n\n',
                f"event: state\ndata: {json.dumps(self.state)}\n\n",
            ]
            begin += [self._message(event) for event in self.feed]
        try:
            yield "".join(begin)
            while (message := mine.get()) is not None:
                yield message
        finally:
            with self._lock:
                self._viewers.remove(mine)


def replay(demo: Demo) -> str:
    """The page with the demo's feed in it, as a replay has it."""
    recording = {
        "title": "An outage",
        "about": "Recorded.",
        "run": "run-1",
        "state": demo.state,
        "feed": demo.feed,
        "memories": demo.memories,
        "lessons": [],
    }
    page = (FOLDERS["/page/"] / "index.html").read_text(encoding="utf-8")
    data = json.dumps(recording).replace("<", "\\u003c")
    return page.replace("</head>", f'<script type="application/json" id="recording">{data}</script></head>')


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    demo: Demo

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/":
            return self._file(FOLDERS["/page/"] / "index.html")
        if path == "/replay":
            return self._answer(200, replay(self.demo).encode(), TYPES[".html"])
        for prefix, folder in FOLDERS.items():
            if path.startswith(prefix) and (folder / path.removeprefix(prefix)).is_file():
                return self._file(folder / path.removeprefix(prefix))
        if path.startswith("/samples/"):
            return self._answer(200, SILENCE, "audio/wav")
        if not self._is_let_in():
            return self._json(403, {"error": "wrong token"})
        if path == "/state":
            return self._json(200, self.demo.state)
        if path == "/feed":
            return self._follow()
        if path.startswith("/memories/"):
            return self._memory(path.removeprefix("/memories/"))
        return self._json(404, {"error": f"there is no {path}"})

    def do_POST(self) -> None:
        path = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._is_let_in():
            return self._json(403, {"error": "wrong token"})
        if path.path == "/recordings":
            self.demo.recorded.append((parse_qs(path.query)["title"][0], body))
            return self._json(*self.demo.answers.get("recordings", (202, {"id": "new"})))
        name = path.path.removeprefix("/actions/")
        self.demo.asked.append((name, json.loads(body or b"{}")))
        return self._json(*self.demo.answers.get(name, (200, {})))

    def _is_let_in(self) -> bool:
        given = parse_qs(urlsplit(self.path).query).get("token", [""])[0] or (
            self.headers.get("Authorization") or ""
        ).removeprefix("Bearer ")
        return given == self.demo.token

    def _memory(self, rest: str) -> None:
        memory, _, audio = rest.partition("/")
        if memory not in self.demo.memories:
            return self._json(404, {"error": "there is no such memory"})
        return self._answer(200, SILENCE, "audio/wav") if audio else self._json(200, self.demo.memories[memory])

    def _follow(self) -> None:
        self.close_connection = True
        if not self.demo._accepts:
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for message in self.demo.follow():
                self.wfile.write(message.encode())
                self.wfile.flush()
        except OSError:
            pass  # the viewer has gone

    def _file(self, path: Path) -> None:
        self._answer(200, path.read_bytes(), TYPES[path.suffix])

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, json.dumps(body).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        if not self.demo._accepts and urlsplit(self.path).path.startswith(("/state", "/actions/", "/recordings")):
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # a page that is closed resets its connections


@contextmanager
def serving(demo: Demo) -> Iterator[str]:
    """The address of the demo's page, with its token."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"demo": demo}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/?token={demo.token}"
    finally:
        demo.disconnect()
        server.shutdown()
        server.server_close()
        thread.join()
