"""Nothing fails: uploads in every format and size, bursts, event streams, downloads."""
