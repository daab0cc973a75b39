"""Database URLs: which are accepted, and that an invalid one is refused without showing its password."""

import pytest

from rawk.adapters.postgres.connection_pool import make_engine, psycopg_url
from rawk.domain.errors import ConfigurationError


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_schemes_all_select_psycopg(scheme: str) -> None:
    url = psycopg_url(f"{scheme}://rawk:p%40ss@db.example:5433/memories?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.username, url.password, url.host, url.port) == ("rawk", "p@ss", "db.example", 5433)
    assert (url.database, url.query) == ("memories", {"sslmode": "require"})


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://rawk:secret@db/memories", "must begin with postgresql://"),
        ("postgresql+asyncpg://rawk:secret@db/memories", "must begin with postgresql://"),
        ("postgresql://rawk:secret@db:port/memories", "not a URL"),
        ("secret", "not a URL"),
        ("", "not a URL"),
        ("postgresql://u:pa@secret@h/db", "percent-encoded"),
        ("postgresql://u:p@a@secret@h:5432/db", "percent-encoded"),
        ("postgresql://u@secret@h/db", "percent-encoded"),
        ("postgresql://u:p@secret word@h/db", "percent-encoded"),
        ("postgresql://u:p@secret?@h/db", "percent-encoded"),
        ("postgresql://u:p@secret:x@h/db", "not a URL|percent-encoded"),
        ("postgresql://u:p@[secret]@h/db", "not a URL|percent-encoded"),
        ("secret://u:p@h/db", "must begin with postgresql://"),
        ("secret+psycopg://u:p@h/db", "must begin with postgresql://"),
    ],
)
def test_any_other_url_is_refused_without_its_password(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as raised:
        psycopg_url(url)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "host", ["db", "db.example.com", "10.0.0.7", "[::1]", "[fe80::1]", "db_1", "a-b.rds.amazonaws.com"]
)
def test_the_usual_hosts_are_accepted(host: str) -> None:
    assert psycopg_url(f"postgresql://u:p@{host}:5432/db").host == host.strip("[]")


def test_a_host_may_be_left_to_the_library() -> None:
    assert psycopg_url("postgresql:///db?host=/var/run/postgresql").host is None


def test_no_connection_is_opened_before_it_is_needed() -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:9/none")
    assert engine.pool.status().startswith("Pool size: 1  Connections in pool: 0")
