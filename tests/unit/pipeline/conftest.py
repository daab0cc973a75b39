import pytest

from tests.unit.pipeline.line import Line


@pytest.fixture
def line() -> Line:
    return Line()
