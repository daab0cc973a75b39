"""The pytest plugin that runs scenarios: `-p sim.pytest_plugin`. See docs/reference/pytest-plugin.md."""

from sim.platform.requirements import require_packages

require_packages("pytest", "xdist", "boto3", "psutil", "psycopg", "rich")

pytest_plugins = [
    "sim.pytest_plugin.plugin",
    "sim.pytest_plugin.collection",
    "sim.pytest_plugin.fixtures",
    "sim.pytest_plugin.repetitions",
]
