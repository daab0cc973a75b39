"""What differs in the behaviour of two runs, from their `summary.json` files: `rawk-sim diff`."""
