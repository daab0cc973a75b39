"""What a scenario holds in its hand: the simulation, clients, memories, queue, operator, roles."""
