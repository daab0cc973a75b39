"""The objects that a scenario works with: simulation, clients, memories, queue, operator, roles, weather."""
