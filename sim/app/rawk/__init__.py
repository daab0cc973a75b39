"""RAWK, the product of this repository, as an `App`."""
