"""`tox -e sim -- smoke`: sends one recording through a deployed pipeline, over its HTTP API alone."""
