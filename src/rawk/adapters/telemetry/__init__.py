"""Spans by OpenTelemetry, and ports whose calls are spans."""
