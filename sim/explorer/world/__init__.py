"""One simulated world: clients and operator, functions and queues around the use cases of the product."""
