"""The command `rawk-sim`, also as `python -m sim`."""
