"""Workers fail: killed, timed out, out of memory, throttled, replaced by a deployment."""
