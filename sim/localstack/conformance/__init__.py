"""One suite of named checks of what an AWS emulator must do, and one runner (`suite.py`).

Each caller selects checks by name: the start of LocalStack and of a world, `tox -e sim -- emulator`, the endpoint
engine.
"""
