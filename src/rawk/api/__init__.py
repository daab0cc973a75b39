"""The HTTP API: thin handlers around the use cases, problem details for every error."""
