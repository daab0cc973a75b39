"""What one connection may cost, and all together. No client needs more; a load balancer keeps most of it away."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    connections: int = 512
    """At once. Each may need a file for its upload, so this is half of the usual limit for files (1,024)."""

    connections_per_address: int = 256
    """At once. A load balancer in front has at least two addresses."""

    refusals: int = 64
    """Connections at once that are being refused, beyond `connections`. Further ones are reset."""

    refusal_seconds: float = 2.0
    """How long a refused client may take to read its response."""

    head_seconds: float = 10.0
    """From the start of a connection, or from the first byte after a response, to the end of a request's head."""

    idle_seconds: int = 5
    """Between a response and the next request. A load balancer in front must close its idle connections earlier:
    otherwise it sends a request to a connection that is being closed, and answers 502."""

    unread_seconds: float = 20.0
    """How long a client may read nothing while there is something to read. Then its connection is reset."""

    grace_seconds: int = 8
    """For requests in progress at a stop, event streams included: docker kills after ten seconds, ECS after thirty."""

    log_seconds: float = 10.0
    """However many connections are ended, there is one line about them in this time."""

    piece_bytes: int = 16 * 1024
    """What h11 gets at a time. It checks the size of heads, trailers and chunk headers after each."""

    small_chunks: int = 64
    """Chunks of any size. After them the average must not be below `chunk_bytes`: h11 takes 20 µs for each chunk."""

    chunk_bytes: int = 256
    """A recorder that sends every 100 ms of 32 kbit/s sends 400 bytes."""


RETRY_AFTER_SECONDS = 5
