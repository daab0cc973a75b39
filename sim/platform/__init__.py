"""Processes, environments, proxies, locked environments and the machine: the lowest layer of `sim`."""
