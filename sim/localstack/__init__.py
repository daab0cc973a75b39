"""The local AWS: LocalStack 4.14 in an environment of its own, extended where its free edition falls short."""
