"""The docker engine: a world in containers, in real time."""
