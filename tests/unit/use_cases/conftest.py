import pytest

from tests.unit.use_cases.line import Line


@pytest.fixture
def line() -> Line:
    return Line()
