"""The use cases: what the product does, on ports alone."""
