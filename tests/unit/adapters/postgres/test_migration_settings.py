"""The settings for Alembic, wherever the product is installed."""

from typing import Any

import pytest

from rawk.adapters.postgres import migrate


@pytest.mark.parametrize("folder", ["/opt/rawk", "/opt/100%", "/opt/%(here)s", "/opt/a b,c:d;e"])
def test_alembic_finds_the_migrations_beside_the_module(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """A percent sign would be an interpolation."""
    connection: Any = object()
    monkeypatch.setattr(migrate, "__file__", f"{folder}/migrate.py")

    settings = migrate.config(connection)

    assert settings.get_main_option("script_location") == f"{folder}/migrations"
    assert settings.attributes["connection"] is connection
    assert settings.config_file_name is None
