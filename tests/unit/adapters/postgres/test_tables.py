"""Values on their way to the tables and back; the tables themselves are compared with the migrations on a server."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy.dialects.postgresql import dialect

from rawk.adapters.postgres.tables import UtcTime, _one_of

POSTGRES = dialect()
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"
    DEEP_BLUE = "deep blue"


def test_a_column_may_hold_the_words_of_its_enumeration() -> None:
    assert _one_of("colour", Colour) == "colour IN ('red', 'deep blue')"


def test_a_time_is_read_in_utc() -> None:
    read = UtcTime().process_result_value(NOON.astimezone(timezone(timedelta(hours=2))), POSTGRES)
    assert read == NOON
    assert read.tzinfo is UTC
    assert UtcTime().process_result_value(None, POSTGRES) is None


def test_a_time_with_a_zone_is_written_as_it_is_and_one_without_is_refused() -> None:
    assert UtcTime().process_bind_param(NOON, POSTGRES) is NOON
    assert UtcTime().process_bind_param(None, POSTGRES) is None
    with pytest.raises(ValueError, match=r"^a time needs a time zone$"):
        UtcTime().process_bind_param(NOON.replace(tzinfo=None), POSTGRES)
