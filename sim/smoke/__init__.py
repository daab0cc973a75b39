"""`python -m sim smoke`: one recording all the way through whatever is deployed, over nothing but its HTTP API."""
