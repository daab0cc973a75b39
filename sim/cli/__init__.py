"""The command `rawk-sim`, which `tox -e sim -- COMMAND` runs; also as `python -m sim`."""
