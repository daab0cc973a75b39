"""RAWK's extension to LocalStack 4.14: what its archived community edition lacks (see docs/reference/emulator.md)."""
