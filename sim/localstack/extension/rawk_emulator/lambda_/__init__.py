"""Lambda: executor, execution environments, event source mappings, function URLs."""
