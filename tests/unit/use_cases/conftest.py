import pytest

from tests.unit.use_cases.pipeline import Line


@pytest.fixture
def line() -> Line:
    return Line()
