"""What clients may cost the API's server, beside a server without its bounds that runs in the same minute.

The peer is uvicorn with h11 and the same application, or, for uploads, a Starlette application that parses the form
itself. All of it is loopback only, and every part has an end.
"""

from pathlib import Path

from benchmarks.api import connections, database, uploads
from benchmarks.figures import Figure


def measure(folder: Path, quick: bool) -> list[Figure]:
    """`quick` is for CI: fewer and shorter attacks, the same figures."""
    return [
        *connections.measure(folder, quick),
        *uploads.measure(folder, quick),
        *database.measure(folder, quick),
    ]
