"""What all engines share: the protocol of an engine, and a running pipeline."""
