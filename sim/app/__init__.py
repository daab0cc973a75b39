"""The one folder of `sim` that knows the product. The rest of `sim` imports `APP`, and nothing of `rawk`.

`protocol.py` says what a product has to state about itself; `rawk/` states it for RAWK. The explorer is the one
exception: it runs RAWK's use cases in memory, so it imports them.
"""

from sim.app.protocol import App
from sim.app.rawk.instance import Rawk
from sim.app.rawk.stop_points import ApiStep, Commit, WorkerStep

APP: App = Rawk()
"""The product that this harness runs."""

__all__ = ["APP", "ApiStep", "App", "Commit", "WorkerStep"]
