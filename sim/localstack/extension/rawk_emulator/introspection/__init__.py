"""What the emulator tells the harness: activity, events, state."""
