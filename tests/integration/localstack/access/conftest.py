"""An emulator in which everyone may do everything."""

from collections.abc import Iterator

import pytest

from sim.localstack.extension.rawk_emulator.features import WITHOUT_VARIABLE
from sim.localstack.server import LocalStack

FEATURES = "function-url-auth,iam,model-constraints,private-storage,service-refusals,signatures,storage-refusals"


@pytest.fixture(scope="package")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("stock")
    without = {WITHOUT_VARIABLE: FEATURES}
    with LocalStack(folder / "state", folder / "localstack.log", extra_env=without) as running:
        yield running
