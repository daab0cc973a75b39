"""Lets users of the standalone emulator advance its time: `/_rawk/time`.

- `GET` → `{"now", "ahead_seconds", "virtual"}`: virtual time, and how far it is ahead of the machine's.
- `POST {"advance_seconds": N}` → the same after the jump; visibility timeouts, delays, deadlines and schedules that
  became due were processed. 409 where time is the machine's, 400 where N is not a positive number.

The harness (sim/clock/clocks.py) writes the shared offset itself, and knows when nothing is in progress; the caller of
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

from ..gateway.local_callers import guarded
from ..introspection import world_state
from . import clock
from .shared_offset import CLOCK_VARIABLE, SharedOffset


def install() -> None:
    """Add the endpoint."""
    ROUTER.add("/_rawk/time", guarded(show_or_advance), methods=["GET", "POST"])


def show_or_advance(request: Request) -> dict[str, Any]:
    """Show or advance the time. Raises BadRequest, Conflict."""
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
