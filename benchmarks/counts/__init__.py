"""Counts that do not depend on the machine: calls, statements, connections and starts, for each thing that is done."""
