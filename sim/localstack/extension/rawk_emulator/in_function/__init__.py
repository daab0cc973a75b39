"""The code that runs inside a function's process, and in the server that forks such processes."""
