"""How much the API does at once, and for whom."""
