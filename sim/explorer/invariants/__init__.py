"""What must be true at every step of every world, whatever goes wrong."""
