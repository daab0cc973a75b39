"""Database URLs: which are accepted, and that an invalid one is refused without showing its password."""

import re
import ssl

import pytest

from rawk.adapters.postgres.connection_pool import RDS_AUTHORITIES, make_engine, psycopg_url
from rawk.domain.errors import ConfigurationError
from sim.app.rawk.processes import REPOSITORY


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_schemes_all_select_psycopg(scheme: str) -> None:
    url = psycopg_url(f"{scheme}://rawk:p%40ss@db.example:5433/memories?sslmode=require")
    assert url.drivername == "postgresql+psycopg"
    assert (url.username, url.password, url.host, url.port) == ("rawk", "p@ss", "db.example", 5433)
    assert (url.database, url.query) == ("memories", {"sslmode": "require"})


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_a_url_that_verifies_trusts_the_authorities_of_rds(mode: str) -> None:
    url = psycopg_url(f"postgresql://rawk:p@db.example/memories?sslmode={mode}")
    assert url.query == {"sslmode": mode, "sslrootcert": str(RDS_AUTHORITIES)}


@pytest.mark.parametrize(
    "query",
    ["", "?sslmode=require", "?sslmode=disable", "?sslmode=verify-full&sslrootcert=system", "?sslrootcert=/own.pem"],
)
def test_no_other_url_is_changed(query: str) -> None:
    assert "rds.pem" not in str(psycopg_url(f"postgresql://rawk:p@db.example/memories{query}"))


def test_the_authorities_are_valid_for_decades_and_cover_the_regions_of_app_runner() -> None:
    context = ssl.create_default_context(cafile=str(RDS_AUTHORITIES))
    authorities = context.get_ca_certs()
    names = {dict(each for (each,) in authority["subject"])["commonName"] for authority in authorities}
    regions = re.findall(r'"([a-z]{2}-[a-z]+-[0-9])"', (REPOSITORY / "terraform" / "variables.tf").read_text())
    assert len(set(regions)) >= 11
    for region in regions:
        kinds = {f"Amazon RDS {region} Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")}
        assert kinds <= names, region
    assert all(ssl.cert_time_to_seconds(each["notAfter"]) > 2_800_000_000 for each in authorities)


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
