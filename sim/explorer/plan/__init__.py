"""What one world is made of, as plain values: call sites, actions, outages, and the decisions at every call."""
