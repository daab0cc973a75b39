"""Bugs that the demo can put into the product: mutants of `tests/mutants`, each with what makes it visible."""
