"""What clients of the API do: retry, delete, disconnect, upload invalid files."""
