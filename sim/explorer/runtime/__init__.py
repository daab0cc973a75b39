"""What runs a world: the scheduler with its virtual time, the calls of ports, the ledger, the policies."""
