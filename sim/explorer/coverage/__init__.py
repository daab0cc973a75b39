"""The moments that a run must have reached, so that its invariants were put to the test."""
