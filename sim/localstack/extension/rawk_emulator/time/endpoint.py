"""Lets whoever uses the emulator by itself move its time: `/_rawk/time`.

- `GET` → `{"now", "ahead_seconds", "virtual"}`: the world's time, and how far it is ahead of the machine's.
- `POST {"advance_seconds": N}` → the same after time has jumped so far: visibility timeouts, delays, deadlines and
  schedules that became due are seen to. 409 where time is the machine's, 400 for what is no way forward.

The harness (sim/clock/clocks.py) writes the shared offset itself, and knows when nothing is under way; the caller of
this endpoint has to know.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localstack.http import Request
from localstack.services.edge import ROUTER
from werkzeug.exceptions import BadRequest, Conflict

from ..introspection import world_state
from . import clock
from .world_time import CLOCK_VARIABLE, SharedOffset


def install() -> None:
    """Open the door."""
    ROUTER.add("/_rawk/time", tell_or_move, methods=["GET", "POST"])


def tell_or_move(request: Request) -> dict[str, Any]:
    """Raises BadRequest, Conflict."""
    offset = _offset()
    if request.method == "POST":
        if offset is None:
            raise Conflict("time is the machine's here: start the emulator with --virtual-time")
        offset.write(offset.read() + _seconds_in(request))
        world_state.settle()
    return {
        "now": datetime.fromtimestamp(clock.now_seconds(), UTC).isoformat(),
        "ahead_seconds": offset.read() if offset else 0.0,
        "virtual": offset is not None,
    }


def _seconds_in(request: Request) -> float:
    given = request.get_json(force=True)
    seconds = given.get("advance_seconds") if isinstance(given, dict) else None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < float("inf"):
        raise BadRequest('say {"advance_seconds": SECONDS}, a number above 0: time only goes forward')
    return float(seconds)


def _offset() -> SharedOffset | None:
    path = os.environ.get(CLOCK_VARIABLE)
    return SharedOffset(Path(path)) if path else None
