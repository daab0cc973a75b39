"""Which errors of the database are temporary, and what is said of them."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from rawk.adapters.postgres.transactions import _first_line, _is_temporary


class OfTheDriver(Exception):
    """Any error of psycopg."""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("the server is gone", "OfTheDriver: the server is gone"),
        ("\n the server is gone\nDETAIL: my secret soup", "OfTheDriver: the server is gone"),
        ("", "OfTheDriver: no details"),
        (" \n", "OfTheDriver: no details"),
    ],
)
def test_an_error_is_named_by_its_class_and_its_first_line(text: str, says: str) -> None:
    """Later lines may quote a row."""
    assert _first_line(DBAPIError("SELECT 1", None, OfTheDriver(text))) == says


@pytest.mark.parametrize(
    ("error", "temporary"),
    [
        (OperationalError("SELECT 1", None, psycopg.OperationalError()), True),
        (InterfaceError("SELECT 1", None, psycopg.InterfaceError()), True),
        (DBAPIError("SELECT 1", None, psycopg.DataError(), connection_invalidated=True), True),
        (DBAPIError("SELECT 1", None, psycopg.DataError()), False),
    ],
)
def test_what_closed_the_connection_is_temporary_and_a_bug_of_ours_is_not(error: DBAPIError, temporary: bool) -> None:
    assert _is_temporary(error) is temporary
