"""The addresses of the simulated API, and those of OpenAI's that it does not offer."""

from sim.openai_simulator.faults.effects import Endpoint

ROUTES: dict[tuple[str, str], Endpoint] = {
    ("POST", "/v1/audio/transcriptions"): "transcription",
    ("POST", "/v1/chat/completions"): "chat",
    ("POST", "/v1/responses"): "responses",
    ("GET", "/v1/models"): "models",
}

RESOURCES = (
    *("agents", "assistants", "audio", "batches", "chat", "chatkit", "completions", "containers"),
    *("content_provenance_checks", "conversations", "decisions", "embeddings", "evals", "files"),
    *("fine_tuning", "images", "live", "models", "moderations", "organization", "projects", "realtime"),
    *("responses", "safety", "skills", "threads", "uploads", "vaults", "vector_stores", "videos"),
    *("webhook_endpoints", "webhook_event_types"),
)
"""The first steps of the paths of OpenAI's API."""


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """The endpoint of a path within a space; None when there is none."""
    if method == "GET" and path.startswith("/v1/models/"):
        return "models"
    return ROUTES.get((method, path))


def is_openais(path: str) -> bool:
    """Whether OpenAI has such an address, whatever the method."""
    version, _, rest = path.strip("/").partition("/")
    return version == "v1" and rest.partition("/")[0] in RESOURCES
