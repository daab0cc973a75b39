"""The constraints that AWS's own service models set on parameters."""
