"""What people do: record, look, delete. Everything goes through the real HTTP API."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from sim import recordings
from sim.clock.clocks import Unavailable
from sim.journal.journal import Journal
from sim.recordings import Recording
from sim.scenario.event_streams import Following
from sim.scenario.memories import Memories, Submitted

HANDS = 8
"""Uploads at the same time, when somebody records many."""

DEFAULT_TENANT = "acme"

UNAVAILABLE_SECONDS = 10.0
"""In real time: where time is the machine's, a scenario looks while a database starts again."""
ASKS_AGAIN_AFTER_SECONDS = 0.2


class ApiRefused(AssertionError, Unavailable):
    """The API answered something other than the scenario counts on."""


@dataclass(frozen=True)
class Tenant:
    name: str
    api_key: str


class ApiClients:
    """The clients of one pipeline's API. Remembers every recording the API said yes to: none may get lost."""

    def __init__(
        self,
        api_url: Callable[[], str],
        tenants: Sequence[Tenant],
        seed: int,
        journal: Journal,
        visible_state: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`api_url` gives where the API is now: a restarted one may be elsewhere.

        `visible_state` names the state of the database: while it is the same, so is what a list would tell, and the
        API is not asked again. None: nobody can say.
        """
        self.accepted: list[Submitted] = []
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._seed = seed
        self._journal = journal
        self._takes = 0
        self._uploaded: dict[str, bytes] = {}
        """Memory → what was uploaded past the API."""
        self._lock = threading.Lock()
        self._api_url = api_url
        self._visible_state = visible_state
        self._listed: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self._http = httpx.Client(timeout=30, trust_env=False, verify=False)  # it never speaks TLS

    def close(self) -> None:
        self._http.close()

    def record(
        self, count: int = 1, *, tenant: str = DEFAULT_TENANT, only: Recording | None = None, title: str | None = None
    ) -> Memories:
        """Upload so many different recordings. Raises ApiRefused unless the API accepts each (202)."""
        chosen = [only] * count if only else recordings.pick(count, self._seed + self._takes)
        with ThreadPoolExecutor(min(HANDS, count)) as hands:
            submitted = list(hands.map(lambda recording: self._record_one(recording, tenant, title), chosen))
        return Memories(self, submitted)

    def upload(
        self,
        audio: bytes,
        *,
        file_name: str = "memo",
        tenant: str = DEFAULT_TENANT,
        title: str | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """POST whatever bytes and give the answer, whatever it is."""
        headers = {**self._headers(tenant), **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        answer = self._request(
            "POST",
            "/api/v1/memories",
            files={"audio": (file_name, audio)},
            data={"title": title} if title else {},
            headers=headers,
        )
        self._journal_call("POST /memories", answer)
        if answer.status_code == httpx.codes.ACCEPTED:
            self._remember(answer.json()["id"], tenant, audio)
        return answer

    def record_straight(self, count: int = 1, *, tenant: str = DEFAULT_TENANT) -> Memories:
        """Upload so many different recordings past the API and submit them. Raises ApiRefused unless all is well."""
        chosen = recordings.pick(count, self._seed + self._takes)
        return Memories(self, [self._record_straight(recording, tenant) for recording in chosen])

    def begin_upload(
        self,
        content_type: str = "audio/wav",
        *,
        tenant: str = DEFAULT_TENANT,
        title: str | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """Ask for a form to upload a recording straight to S3 with, and give the answer, whatever it is."""
        headers = {**self._headers(tenant), **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        said = {"content_type": content_type, **({"title": title} if title else {})}
        answer = self._request("POST", "/api/v1/uploads", json=said, headers=headers)
        self._journal_call("POST /uploads", answer)
        return answer

    def upload_straight(self, begun: httpx.Response, audio: bytes) -> httpx.Response:
        """What an app does with the form it was given: send it to S3, past the API; gives S3's answer."""
        form = begun.json()["form"]
        answer = self._http.post(form["url"], data=form["fields"], files={"file": ("memo", audio)})
        self._journal_call("POST to S3", answer, begun.json()["id"])
        if answer.is_success:
            self._uploaded[begun.json()["id"]] = audio
        return answer

    def submit(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """Hand an uploaded recording over, and give the answer, whatever it is."""
        answer = self._request("POST", f"/api/v1/memories/{memory_id}/submit", headers=self._headers(tenant))
        self._journal_call("POST /memories/…/submit", answer, memory_id)
        if answer.status_code == httpx.codes.ACCEPTED and memory_id in self._uploaded:
            self._remember(memory_id, tenant, self._uploaded[memory_id])
        return answer

    def accepts(self, audio: bytes, tenant: str, idempotency_key: str) -> bool:
        """Upload as an app does: no answer is as good as a 503, and both are worth another try."""
        try:
            answer = self.upload(audio, tenant=tenant, idempotency_key=idempotency_key)
        except httpx.TransportError as error:
            self._journal.write("api_request", request="POST /memories", status_code=None, error=type(error).__name__)
            return False
        if answer.status_code not in (httpx.codes.ACCEPTED, httpx.codes.SERVICE_UNAVAILABLE):
            raise ApiRefused(f"an upload was answered {answer.status_code}: {answer.text}")
        return answer.status_code == httpx.codes.ACCEPTED

    def as_stranger(self, method: str, path: str) -> httpx.Response:
        """A request with a key that is nobody's."""
        return self._request(method, path, headers={"X-API-Key": "guessed"})

    def memory(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        return self._request("GET", f"/api/v1/memories/{memory_id}", headers=self._headers(tenant))

    def audio(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> bytes:
        """The recording itself, by the link that the API gives. Raises ApiRefused."""
        answer = self.ask_for_audio(memory_id, tenant)
        link = _require(answer, httpx.codes.TEMPORARY_REDIRECT).headers["Location"]
        return _require(self._http.get(link), httpx.codes.OK).content  # without the key, as the link is meant

    def ask_for_audio(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """Ask for the link to a recording, and give the answer, whatever it is."""
        return self._request("GET", f"/api/v1/memories/{memory_id}/audio", headers=self._headers(tenant))

    def retry(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """Ask for a failed memory to be processed again, and give the answer, whatever it is."""
        return self._ask_again("retry", memory_id, tenant)

    def analyse(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """Ask for a given-up analysis once more, and give the answer, whatever it is."""
        return self._ask_again("analysis", memory_id, tenant)

    def _ask_again(self, what: str, memory_id: str, tenant: str) -> httpx.Response:
        answer = self._request("POST", f"/api/v1/memories/{memory_id}/{what}", headers=self._headers(tenant))
        self._journal_call(f"POST /memories/…/{what}", answer, memory_id)
        return answer

    def follow(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> Following:
        """Follow the memory by server-sent events from now on, in an app that comes back when the line breaks."""
        return Following(lambda: f"{self._api_url()}/api/v1/memories/{memory_id}/events", self._headers(tenant))

    def delete(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        answer = self._request("DELETE", f"/api/v1/memories/{memory_id}", headers=self._headers(tenant))
        self._journal.write(
            "api_request", request="DELETE /memories", status_code=answer.status_code, memory_id=memory_id
        )
        with self._lock:
            self.accepted = [each for each in self.accepted if each.memory_id != memory_id]
        return answer

    def listed(self, tenant: str) -> list[dict[str, Any]]:
        """Every memory the tenant sees, through all pages."""
        state = self._visible_state()
        known_state, known = self._listed.get(tenant, (None, []))
        if state is None or state != known_state:
            known = self._list(tenant)
        if state is not None:
            self._listed[tenant] = state, known
        return known

    def _list(self, tenant: str) -> list[dict[str, Any]]:
        memories: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params: dict[str, str | int] = {"limit": 100, **({"cursor": cursor} if cursor else {})}
            page = self._page(params, tenant)
            memories += page["memories"]
            cursor = page["next_cursor"]
            if cursor is None:
                return memories

    def _page(self, params: dict[str, str | int], tenant: str) -> dict[str, Any]:
        """As an app asks: again for a while when it is told 503, as by an API whose database is just starting again."""
        give_up_at = time.monotonic() + UNAVAILABLE_SECONDS
        while True:
            answer = self._request("GET", "/api/v1/memories", params=params, headers=self._headers(tenant))
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > give_up_at:
                answer.raise_for_status()
                return dict(answer.json())
            time.sleep(ASKS_AGAIN_AFTER_SECONDS)

    @property
    def tenants(self) -> list[str]:
        return list(self._tenants)

    def _request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self._http.request(method, f"{self._api_url()}{path}", **parts)

    def _record_one(self, recording: Recording, tenant: str, title: str | None) -> Submitted:
        audio = recordings.variant(recording, self._next_take())
        answer = self.upload(audio, file_name=recording.file_name, tenant=tenant, title=title)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise ApiRefused(f"recording {recording.name!r} was not accepted: {answer.status_code} {answer.text}")
        return self._remember(answer.json()["id"], tenant, audio)

    def _record_straight(self, recording: Recording, tenant: str) -> Submitted:
        audio = recordings.variant(recording, self._next_take())
        begun = _require(self.begin_upload(recording.content_type, tenant=tenant), httpx.codes.CREATED)
        _require(self.upload_straight(begun, audio), httpx.codes.NO_CONTENT)
        memory_id = begun.json()["id"]
        _require(self.submit(memory_id, tenant), httpx.codes.ACCEPTED)
        return self._remember(memory_id, tenant, audio)

    def _next_take(self) -> int:
        with self._lock:
            self._takes += 1
            return self._takes

    def _journal_call(self, call: str, answer: httpx.Response, memory_id: str | None = None) -> None:
        self._journal.write(
            "api_request",
            request=call,
            status_code=answer.status_code,
            memory_id=memory_id or _id_in(answer),
            duration_seconds=answer.elapsed.total_seconds(),
        )

    def _remember(self, memory_id: str, tenant: str, audio: bytes) -> Submitted:
        """What the API said yes to must not get lost: keep what is needed to tell."""
        with self._lock:
            known = next((each for each in self.accepted if each.memory_id == memory_id), None)
            if known is not None:
                return known
            heard = recordings.recognise(audio)
            submitted = Submitted(
                memory_id, tenant, hashlib.sha256(audio).hexdigest(), heard.transcript if heard else None
            )
            self.accepted.append(submitted)
            return submitted

    def _headers(self, tenant: str) -> dict[str, str]:
        return {"X-API-Key": self._tenants[tenant].api_key}


def _id_in(answer: httpx.Response) -> str | None:
    return answer.json().get("id") if answer.status_code in (httpx.codes.CREATED, httpx.codes.ACCEPTED) else None


def _require(answer: httpx.Response, status_code: int) -> httpx.Response:
    """Raises ApiRefused for any other."""
    if answer.status_code != status_code:
        raise ApiRefused(f"{answer.url.path} was answered {answer.status_code}: {answer.text}")
    return answer
