"""The pytest plugin that runs scenarios: `-p sim.pytest_plugin`. See docs/reference/pytest-plugin.md."""

pytest_plugins = ["sim.pytest_plugin.plugin"]
