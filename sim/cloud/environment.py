"""moto's own environment, built once per lock and machine into `.sim/environments`."""

from pathlib import Path

from sim.platform.locked_environment import LockedEnvironment, Say

HERE = Path(__file__).parent
LOCK = HERE / "requirements.txt"
EXTENSION = HERE / "extension"


def prepare_environment(say: Say = lambda _: None, home: Path | None = None) -> Path:
    """Build moto's environment unless it is there, and return its folder. Raises EnvironmentNotBuilt."""
    return LockedEnvironment(name="moto", owner="moto's", release="moto 5.2", megabytes=40, lock=LOCK).prepare(
        say, home
    )
