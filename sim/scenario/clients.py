"""`sim.api`: the clients of the pipeline's API. Every call is a real HTTP request."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from sim import recordings
from sim.clock.clocks import Unavailable
from sim.journal.journal import Journal
from sim.recordings import Recording
from sim.scenario.event_streams import EventStreamClient
from sim.scenario.memories import AcceptedRecording, Memories

PARALLEL_UPLOADS = 8

DEFAULT_TENANT = "acme"

UNAVAILABLE_REAL_SECONDS = 10.0
"""How long a list request is retried on 503: without virtual time a scenario lists while the database restarts."""
RETRY_AFTER_REAL_SECONDS = 0.2

MOST_REFUSALS = 20
"""How often a patient client takes a 503 for an answer: more than a minute with the API's `Retry-After`."""


class ApiRefused(AssertionError, Unavailable):
    """The API's response is not the one that the scenario requires."""


@dataclass(frozen=True)
class Tenant:
    """A tenant of the API and its key."""

    name: str
    api_key: str


class ApiClients:
    """The clients of one pipeline's API. Keeps every accepted recording, so that the invariants can look for each."""

    def __init__(
        self,
        api_url: Callable[[], str],
        tenants: Sequence[Tenant],
        seed: int,
        journal: Journal,
        visible_state: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`api_url` returns the API's current address, which changes with a restart.

        `visible_state` returns a version of what the database holds. While the version is the same, lists are served
        from memory instead of the API. None: the version is unknown.
        """
        self.accepted: list[AcceptedRecording] = []
        """Every recording that the API accepted and no client deleted."""
        self.deleted: list[AcceptedRecording] = []
        """Every recording and begun upload whose deletion the API confirmed: by 204, or by 404 after a failed try."""
        self._deletions_in_doubt: dict[str, AcceptedRecording] = {}
        """Memory id → what a client tried to delete, and got no answer that says whether it is deleted."""
        self._begun: dict[str, AcceptedRecording] = {}
        """Memory id → direct upload, as its client described it."""
        self.words_are_known = True
        """OpenAI's simulator answers; the words of a recording that the real one transcribes are not known exactly."""
        self.server_errors: list[str] = []
        """Every answer of 5xx except 503: the request and the status code."""
        self.answers = 0
        """How many requests the API has answered."""
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._seed = seed
        self._journal = journal
        self._takes = 0
        self._uploaded: dict[str, bytes] = {}
        """Memory id → audio uploaded to S3 directly and not yet submitted."""
        self._lock = threading.Lock()
        self._api_url = api_url
        self._visible_state = visible_state
        self._listed: dict[str, tuple[str, list[dict[str, Any]]]] = {}
        self.longest_wait_seconds = 0.0
        """The longest time in real seconds that a client has waited for the API's answer until now."""
        self._http = httpx.Client(timeout=30, trust_env=False, verify=False)  # plain HTTP only

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def record(
        self,
        count: int = 1,
        *,
        tenant: str = DEFAULT_TENANT,
        only: Recording | None = None,
        title: str | None = None,
        at_once: int = PARALLEL_UPLOADS,
    ) -> Memories:
        """Upload `count` different recordings, or `count` takes of `only`, of which `at_once` are under way together.

        Raises ApiRefused unless the API accepts each (202).
        """
        chosen = [only] * count if only else recordings.pick(count, self._seed + self._takes)
        with ThreadPoolExecutor(min(at_once, count)) as executor:
            accepted = list(executor.map(lambda recording: self._record_one(recording, tenant, title), chosen))
        return Memories(self, accepted)

    def upload(
        self,
        audio: bytes,
        *,
        file_name: str = "memo",
        tenant: str = DEFAULT_TENANT,
        title: str | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """POST /api/v1/memories with any bytes. Returns the response, whatever its status."""
        headers = {**self._headers(tenant), **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        response = self._request(
            "POST",
            "/api/v1/memories",
            files={"audio": (file_name, audio)},
            data={} if title is None else {"title": title},
            headers=headers,
        )
        if response.status_code != httpx.codes.ACCEPTED:
            self._journal_call("POST /memories", response)
            return response
        accepted = self._remember(response.json()["id"], tenant, audio, title, idempotency_key)
        self._journal_acceptance("POST /memories", response, accepted)
        return response

    def record_by_direct_upload(self, count: int = 1, *, tenant: str = DEFAULT_TENANT) -> Memories:
        """Upload `count` different recordings to S3 directly and submit them.

        Raises ApiRefused unless every step succeeds (201, 204, 202).
        """
        chosen = recordings.pick(count, self._seed + self._takes)
        return Memories(self, [self._record_directly(recording, tenant) for recording in chosen])

    def begin_direct_upload(
        self,
        content_type: str = "audio/wav",
        *,
        tenant: str = DEFAULT_TENANT,
        title: str | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """POST /api/v1/uploads: request a form for an upload to S3. Returns the response, whatever its status."""
        headers = {**self._headers(tenant), **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
        body = {"content_type": content_type, **({} if title is None else {"title": title})}
        response = self._request("POST", "/api/v1/uploads", json=body, headers=headers)
        self._journal_call("POST /uploads", response)
        if response.status_code == httpx.codes.CREATED:
            memory_id = response.json()["id"]
            self._begun[memory_id] = AcceptedRecording(memory_id, tenant, "", None, title, idempotency_key)
        return response

    def upload_to_s3(self, begun: httpx.Response, audio: bytes, *, origin: str | None = None) -> httpx.Response:
        """POST audio to S3 with the form from `begin_direct_upload`, as a page of the origin. Returns S3's response."""
        form = begun.json()["form"]
        headers = {} if origin is None else {"Origin": origin}
        files = {"file": ("memo", audio)}
        response = self._http.post(form["url"], data=form["fields"], files=files, headers=headers)
        self._journal_call("POST to S3", response, begun.json()["id"])
        if response.is_success:
            self._uploaded[begun.json()["id"]] = audio
        return response

    def submit(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """POST …/submit for a direct upload. Returns the response, whatever its status."""
        response = self._request("POST", f"/api/v1/memories/{memory_id}/submit", headers=self._headers(tenant))
        if response.status_code != httpx.codes.ACCEPTED or memory_id not in self._uploaded:
            self._journal_call("POST /memories/…/submit", response, memory_id)
            return response
        begun = self._begun[memory_id]
        accepted = self._remember(memory_id, tenant, self._uploaded[memory_id], begun.title, begun.idempotency_key)
        self._journal_acceptance("POST /memories/…/submit", response, accepted)
        return response

    def try_submit(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Submit a direct upload. False: the client may retry, after 503 or a connection error.

        Raises ApiRefused for any status other than 202 and 503.
        """
        try:
            response = self.submit(memory_id, tenant)
        except httpx.TransportError as error:
            request = "POST /memories/…/submit"
            self._journal.write("api_request", request=request, status_code=None, error=type(error).__name__)
            return False
        if response.status_code not in (httpx.codes.ACCEPTED, httpx.codes.SERVICE_UNAVAILABLE):
            raise ApiRefused(f"the API answered a submission with {response.status_code}: {response.text}")
        return response.status_code == httpx.codes.ACCEPTED

    def try_upload(self, audio: bytes, tenant: str, idempotency_key: str) -> bool:
        """Upload under an idempotency key. False: the client may retry, after 503 or a connection error.

        Raises ApiRefused for any status other than 202 and 503.
        """
        try:
            response = self.upload(audio, tenant=tenant, idempotency_key=idempotency_key)
        except httpx.TransportError as error:
            self._journal.write("api_request", request="POST /memories", status_code=None, error=type(error).__name__)
            return False
        if response.status_code not in (httpx.codes.ACCEPTED, httpx.codes.SERVICE_UNAVAILABLE):
            raise ApiRefused(f"the API answered an upload with {response.status_code}: {response.text}")
        return response.status_code == httpx.codes.ACCEPTED

    def upload_until_accepted(self, audio: bytes, *, idempotency_key: str, tenant: str = DEFAULT_TENANT) -> int:
        """Upload, and after each 503 wait as long as `Retry-After` says, in real time. Returns how many were refused.

        Raises ApiRefused for any status other than 202 and 503, and after a minute of refusals.
        """
        for refused in range(MOST_REFUSALS):
            response = self.upload(audio, tenant=tenant, idempotency_key=idempotency_key)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                _require(response, httpx.codes.ACCEPTED)
                return refused
            time.sleep(float(response.headers["Retry-After"]))
        raise ApiRefused(f"the API refused {MOST_REFUSALS} uploads in a row with 503")

    def request_with_unknown_key(self, method: str, path: str) -> httpx.Response:
        """Any request, with an API key that belongs to no tenant."""
        return self._request(method, path, headers={"X-API-Key": "guessed"})

    def request(
        self,
        method: str,
        path: str,
        *,
        tenant: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any request, with the tenant's API key or without one. Returns the response, whatever its status."""
        key = {} if tenant is None else self._headers(tenant)
        response = self._request(method, path, headers={**key, **(headers or {})}, data=data)
        self._journal_call(f"{method} {path.partition('?')[0]}", response)
        return response

    def get_memory(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """GET /api/v1/memories/ID. Returns the response, whatever its status."""
        return self._request("GET", f"/api/v1/memories/{memory_id}", headers=self._headers(tenant))

    def download_audio(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> bytes:
        """Follow the API's redirect to S3 and return the audio. Raises ApiRefused."""
        response = self.request_audio_link(memory_id, tenant)
        link = _require(response, httpx.codes.TEMPORARY_REDIRECT).headers["Location"]
        return _require(self._http.get(link), httpx.codes.OK).content  # the link needs no API key

    def open_audio_link(self, link: str) -> httpx.Response:
        """GET a link that `request_audio_link` gave, without an API key. Returns the store's response."""
        return self._http.get(link)

    def request_audio_link(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """GET …/audio without following the redirect. Returns the response, whatever its status."""
        return self._request("GET", f"/api/v1/memories/{memory_id}/audio", headers=self._headers(tenant))

    def retry(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """POST …/retry: process a failed memory again. Returns the response, whatever its status."""
        return self._post("retry", memory_id, tenant)

    def request_analysis(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """POST …/analysis: request an analysis that was given up. Returns the response, whatever its status."""
        return self._post("analysis", memory_id, tenant)

    def _post(self, action: str, memory_id: str, tenant: str) -> httpx.Response:
        response = self._request("POST", f"/api/v1/memories/{memory_id}/{action}", headers=self._headers(tenant))
        self._journal_call(f"POST /memories/…/{action}", response, memory_id)
        return response

    def request_list(self, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """GET /api/v1/memories once, its first page. Returns the response, whatever its status."""
        return self._request("GET", "/api/v1/memories", headers=self._headers(tenant))

    def request_events(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """GET …/events once, to its end: of a memory that will not change, or while the API refuses it. Returns the
        response, whatever its status."""
        return self._request("GET", f"/api/v1/memories/{memory_id}/events", headers=self._headers(tenant))

    def follow(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> EventStreamClient:
        """GET …/events: follow the memory by server-sent events. The client reconnects when the connection ends."""
        return EventStreamClient(lambda: f"{self._api_url()}/api/v1/memories/{memory_id}/events", self._headers(tenant))

    def delete(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> httpx.Response:
        """DELETE /api/v1/memories/ID. Returns the response.

        Unless the API refuses it (4xx), the recording no longer counts as accepted: a deletion without an answer, or
        with 503, may have happened.
        """
        try:
            response = self._request("DELETE", f"/api/v1/memories/{memory_id}", headers=self._headers(tenant))
        except httpx.TransportError:
            self._deletion_in_doubt(memory_id, tenant)
            raise
        self._journal.write(
            "api_request", request="DELETE /memories", status_code=response.status_code, memory_id=memory_id
        )
        if response.is_server_error:
            self._deletion_in_doubt(memory_id, tenant)
        if response.status_code == httpx.codes.NO_CONTENT:
            self._deletion_in_doubt(memory_id, tenant)
        if response.status_code in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            self._deletion_confirmed(memory_id, tenant)
        return response

    def try_to_delete(self, memory_id: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Delete a memory as a client that retries: True once it is gone (204 or 404). False after a connection error.

        Raises ApiRefused for any other status.
        """
        try:
            response = self.delete(memory_id, tenant)
        except httpx.TransportError as error:
            self._journal.write("api_request", request="DELETE /memories", status_code=None, error=type(error).__name__)
            return False
        if response.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise ApiRefused(f"the API answered a deletion with {response.status_code}: {response.text}")
        return True

    def _deletion_in_doubt(self, memory_id: str, tenant: str) -> None:
        with self._lock:
            known = [each for each in [*self.accepted, *self._begun.values()] if each.memory_id == memory_id]
            self.accepted = [each for each in self.accepted if each.memory_id != memory_id]
            for each in known[:1]:
                if each.tenant == tenant:
                    self._deletions_in_doubt[memory_id] = each

    def _deletion_confirmed(self, memory_id: str, tenant: str) -> None:
        with self._lock:
            deleted = self._deletions_in_doubt.get(memory_id)
            if deleted is not None and deleted.tenant == tenant:
                self.deleted.append(self._deletions_in_doubt.pop(memory_id))

    def tenant_was_erased(self, tenant: str) -> None:
        """An operator has erased the tenant: what its clients recorded counts as deleted."""
        with self._lock:
            recorded = [*self.accepted, *self._begun.values()]
            self.deleted += {each.memory_id: each for each in recorded if each.tenant == tenant}.values()
            self.accepted = [each for each in self.accepted if each.tenant != tenant]

    def list_memories(self, tenant: str) -> list[dict[str, Any]]:
        """GET /api/v1/memories: every memory of the tenant, from all pages, without transcripts."""
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
        """One page. Retries 503 for a while, as a client does while the API's database restarts."""
        give_up_at = time.monotonic() + UNAVAILABLE_REAL_SECONDS
        while True:
            response = self._request("GET", "/api/v1/memories", params=params, headers=self._headers(tenant))
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > give_up_at:
                response.raise_for_status()
                return dict(response.json())
            time.sleep(RETRY_AFTER_REAL_SECONDS)

    @property
    def tenants(self) -> list[str]:
        """The names of all tenants."""
        return list(self._tenants)

    def _request(self, method: str, path: str, **parts: Any) -> httpx.Response:
        response = self._http.request(method, f"{self._api_url()}{path}", **parts)
        if response.is_server_error and response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.server_errors.append(f"{method} {path} was answered {response.status_code}")
        with self._lock:
            self.answers += 1
            self.longest_wait_seconds = max(self.longest_wait_seconds, response.elapsed.total_seconds())
        return response

    def _record_one(self, recording: Recording, tenant: str, title: str | None) -> AcceptedRecording:
        audio = recordings.variant(recording, self._next_take())
        response = self.upload(audio, file_name=recording.file_name, tenant=tenant, title=title)
        if response.status_code != httpx.codes.ACCEPTED:
            raise ApiRefused(f"recording {recording.name!r} was not accepted: {response.status_code} {response.text}")
        return self._remember(response.json()["id"], tenant, audio, title)

    def _record_directly(self, recording: Recording, tenant: str) -> AcceptedRecording:
        audio = recordings.variant(recording, self._next_take())
        begun = _require(self.begin_direct_upload(recording.content_type, tenant=tenant), httpx.codes.CREATED)
        _require(self.upload_to_s3(begun, audio), httpx.codes.NO_CONTENT)
        memory_id = begun.json()["id"]
        _require(self.submit(memory_id, tenant), httpx.codes.ACCEPTED)
        return self._remember(memory_id, tenant, audio)

    def _next_take(self) -> int:
        with self._lock:
            self._takes += 1
            return self._takes

    def _journal_call(self, call: str, response: httpx.Response, memory_id: str | None = None) -> None:
        self._journal.write(
            "api_request",
            request=call,
            status_code=response.status_code,
            memory_id=memory_id or _id_in(response),
            duration_seconds=response.elapsed.total_seconds(),
        )

    def _journal_acceptance(self, call: str, response: httpx.Response, accepted: AcceptedRecording) -> None:
        """The 202 and what it accepted. The journal has digests only, never what was said."""
        transcript = accepted.transcript
        self._journal.write(
            "api_request",
            request=call,
            status_code=response.status_code,
            memory_id=accepted.memory_id,
            duration_seconds=response.elapsed.total_seconds(),
            tenant=accepted.tenant,
            audio_sha256=accepted.sha256,
            transcript_sha256=None if transcript is None else hashlib.sha256(transcript.encode()).hexdigest(),
        )

    def _remember(
        self, memory_id: str, tenant: str, audio: bytes, title: str | None = None, idempotency_key: str | None = None
    ) -> AcceptedRecording:
        """Keep what the invariants need to find the accepted recording and to check its transcript."""
        with self._lock:
            known = next((each for each in self.accepted if each.memory_id == memory_id), None)
            if known is not None:
                return known
            known_speech = recordings.recognise(audio) if self.words_are_known else None
            transcript = known_speech.transcript if known_speech else None
            digest = hashlib.sha256(audio).hexdigest()
            summary = known_speech.recording.analysis["summary"] if known_speech else None
            accepted = AcceptedRecording(memory_id, tenant, digest, transcript, title, idempotency_key, summary)
            self.accepted.append(accepted)
            return accepted

    def _headers(self, tenant: str) -> dict[str, str]:
        return {"X-API-Key": self._tenants[tenant].api_key}


def _id_in(response: httpx.Response) -> str | None:
    return response.json().get("id") if response.status_code in (httpx.codes.CREATED, httpx.codes.ACCEPTED) else None


def _require(response: httpx.Response, status_code: int) -> httpx.Response:
    """The response itself. Raises ApiRefused for any other status."""
    if response.status_code != status_code:
        raise ApiRefused(f"{response.url.path} answered {response.status_code}: {response.text}")
    return response
