"""What the harness learns about the emulator beyond AWS's API: activity, events, state."""
