"""The scheduled run of the recovery, as one span."""

from dataclasses import dataclass

from rawk.ports import SpanKind, Telemetry
from rawk.use_cases.recovery import Recovered, Recovery


@dataclass(frozen=True, slots=True)
class Relay:
    recovery: Recovery
    telemetry: Telemetry | None
    """None: no spans."""

    def run(self) -> Recovered:
        if self.telemetry is None:
            return self.recovery.run()
        try:
            with self.telemetry.span("relay", SpanKind.INTERNAL) as span:
                recovered = self.recovery.run()
                for name, count in recovered._asdict().items():
                    span.set(name, count)
                return recovered
        finally:
            self.telemetry.flush()  # afterwards Lambda freezes the process
