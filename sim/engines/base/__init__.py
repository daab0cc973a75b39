"""What engines share: the protocol of an engine, and a running pipeline with its controls."""
