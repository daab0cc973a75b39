"""The demo's HTTP server: who may ask, what they may ask, and the stream of events."""
