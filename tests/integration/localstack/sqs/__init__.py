"""SQS in the emulator, beside the checks of documented behaviour."""
