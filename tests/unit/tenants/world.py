"""Two tenants in one pipeline: each with recordings in every status, dead letters, uploads, users and keys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rawk.adapters.credentials.in_memory import InMemoryCallerStore
from rawk.adapters.sqs.in_memory import InMemoryDeadLetters
from rawk.domain.audio_keys import incoming_key
from rawk.domain.callers import ApiKey, User
from rawk.domain.errors import AIMisconfigured
from rawk.domain.memory import NewMemory
from rawk.domain.messages import decode
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.tenants import TenantErasure, TenantExport
from tests.unit.use_cases.pipeline import Killed, Pipeline

OURS, OTHER = "acme", "acme-2"


@dataclass
class Interruption:
    """The process is killed at one call of a port: before it, or after its effect."""

    at_call: int | None = None
    after_effect: bool = False
    calls: int = 0

    def of(self, port: Any) -> Any:
        return _Interrupted(port, self)


class _Interrupted:
    def __init__(self, port: Any, interruption: Interruption) -> None:
        self._port = port
        self._interruption = interruption

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call, interruption = getattr(self._port, method), self._interruption

        def interrupted(*arguments: Any, **keywords: Any) -> Any:
            interruption.calls += 1
            due = interruption.calls == interruption.at_call
            if due and not interruption.after_effect:
                raise Killed
            result = call(*arguments, **keywords)
            if due:
                raise Killed
            return result

        return interrupted


class TenantWorld:
    def __init__(self) -> None:
        self.pipeline = Pipeline()
        self.callers = InMemoryCallerStore()
        self.ids: dict[tuple[str, str], str] = {}
        """Tenant and what happened to the recording → its memory."""
        for tenant in (OURS, OTHER):
            self._finish(tenant, "complete")
            self._finish(tenant, "complete too")
            self._finish(tenant, "failed", AIMisconfigured("OpenAI answered 401"))
            self._delete_by_owner(tenant)
            self.ids[tenant, "uploading"] = self._begin_upload(tenant)
            self.pipeline.audio.put(f"audio/{tenant}/of-no-memory", b"left", "audio/wav")
        for tenant in (OURS, OTHER):
            self.ids[tenant, "queued"] = self.pipeline.record(b"RIFF queued WAVE", tenant=tenant)
        self._add_callers()

    def erasure(self, interruption: Interruption | None = None) -> TenantErasure:
        ports = interruption or Interruption()
        memories = ports.of(self.pipeline.memories)
        letters = ports.of(InMemoryDeadLetters(self.pipeline.dead, self.pipeline.jobs))
        clock = self.pipeline.clock
        operations = DeadLetterOperations(letters, memories, clock)
        return TenantErasure(memories, ports.of(self.pipeline.audio), ports.of(self.callers), operations, clock)

    def export(self, interruption: Interruption | None = None) -> TenantExport:
        ports = interruption or Interruption()
        return TenantExport(ports.of(self.pipeline.memories), ports.of(self.pipeline.audio))

    def left_of(self, tenant: str) -> dict[str, Any]:
        """Everything that is stored of the tenant, but tombstones and jobs in the queue."""
        folders = (f"audio/{tenant}/", f"incoming/{tenant}/")
        memories = self.pipeline.memories
        mine = {memory_id for (of, _), memory_id in self.ids.items() if of == tenant}
        return {
            "memories": {key: row.memory for key, row in memories.rows.items() if row.memory.tenant == tenant},
            "outbox": mine & set(memories.outbox),
            "audio": {key for key in self.pipeline.audio.objects if key.startswith(folders)},
            "dead letters": {body for body in self.pipeline.dead_bodies() if decode(body).memory_id in mine},
            "users": {user.name for user in self.callers.list_users() if tenant in user.tenants},
            "keys": {key.id for key in self.callers.list_keys() if tenant in key.tenants},
        }

    def _finish(self, tenant: str, name: str, failure: Exception | None = None) -> str:
        memory_id = self.ids[tenant, name] = self.pipeline.record(f"RIFF {name} WAVE".encode(), tenant=tenant)
        self.pipeline.transcriber.failures = [failure] if failure else []
        self.pipeline.drain()
        self.pipeline.clock.sleep(60)
        return memory_id

    def _delete_by_owner(self, tenant: str) -> None:
        """Before the erasure; its dead letter is still there."""
        memory_id = self._finish(tenant, "deleted", AIMisconfigured("OpenAI answered 401"))
        key = self.pipeline.memories.delete(tenant, memory_id, self.pipeline.clock.now())
        assert key is not None
        self.pipeline.audio.delete(key)

    def _begin_upload(self, tenant: str) -> str:
        memory_id = self.pipeline.randomness.new_id()
        key = incoming_key(tenant, memory_id)
        new = NewMemory(memory_id, tenant, key, "audio/wav", 4, "digest", "corr-2")
        self.pipeline.memories.begin_upload(new, self.pipeline.clock.now())
        self.pipeline.audio.put(key, b"RIFF", "audio/wav")
        return memory_id

    def _add_callers(self) -> None:
        now = self.pipeline.clock.now()
        for name, tenants in (("ours", (OURS,)), ("both", (OTHER, OURS)), ("theirs", (OTHER,))):
            self.callers.add_user(User(name, tenants, "hash", now))
            self.callers.add_key(ApiKey(f"key-{name}", f"digest of {name}", tenants, now))
