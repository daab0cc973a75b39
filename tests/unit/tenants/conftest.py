import pytest

from rawk import composition
from rawk.cli import main
from tests.unit.tenants.world import TenantWorld


@pytest.fixture
def world(monkeypatch):
    world = TenantWorld()
    monkeypatch.setattr(composition, "build_tenant_erasure", lambda env: world.erasure())  # noqa: ARG005
    monkeypatch.setattr(composition, "build_tenant_export", lambda env: world.export())  # noqa: ARG005
    return world


@pytest.fixture
def rawk(capsys, world):  # noqa: ARG001 - the command works on it
    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(("tenant", *arguments))
        except SystemExit as stopped:  # raised by argparse
            code = int(stopped.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run
