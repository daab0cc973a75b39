"""Processes, proxies and locked environments: what everything else stands on, and what knows nothing of the rest."""
