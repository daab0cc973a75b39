"""Who may do what: signatures, and private storage."""
