"""`rawk-sim openai`: what its arguments refuse."""

import pytest

from sim.cli.main import main


@pytest.mark.parametrize("port", ["99999", "-1", "x"])
def test_what_is_not_a_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["openai", f"--port={port}"])

    assert ended.value.code == 2
    assert f"{port} is not a port; a port is between 0 (a free one) and 65535" in capsys.readouterr().err
