"""Who may call the API, and for which tenants."""
