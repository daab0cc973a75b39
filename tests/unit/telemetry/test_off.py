"""Without an endpoint there are no spans, and OpenTelemetry is not even loaded: a cold start pays nothing."""

import os
import subprocess
import sys

import pytest

from rawk.use_cases.recovery import Recovered
from rawk.worker.relay import Relay
from tests.unit.domain.test_log import SETTINGS


@pytest.mark.parametrize("build", ["build_api", "build_worker", "build_relay"])
@pytest.mark.parametrize("endpoint", ["", None])
def test_nothing_of_opentelemetry_is_imported(build, endpoint):
    """In a process of its own: another test may have loaded it here."""
    program = f"""if True:
        import os, sys
        from rawk import composition
        built = composition.{build}(os.environ)
        print(sorted(name for name in sys.modules if name.partition(".")[0] == "opentelemetry" or "telemetry" in name
                     and name.startswith("rawk.adapters")))
    """
    set_to = {} if endpoint is None else {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    environment = {**os.environ, **SETTINGS, **set_to}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)

    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_the_relay_runs_without_spans():
    class Recovery:
        def run(self):
            return Recovered(1, 0, 0, 0, 0, 0, 0)

    assert Relay(Recovery(), None).run().sent == 1


@pytest.mark.parametrize("endpoint", ["collector:4318", "grpc://collector:4317", "/v1/traces"])
def test_an_address_that_is_none_is_refused_by_name(endpoint):
    program = "import os; from rawk import composition; composition.build_worker(os.environ)"
    environment = {**os.environ, **SETTINGS, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)

    assert "ConfigurationError: OTEL_EXPORTER_OTLP_ENDPOINT must begin with http:// or https://" in done.stderr
