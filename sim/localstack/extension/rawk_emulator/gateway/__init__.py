"""The HTTP gateway of the emulator."""
