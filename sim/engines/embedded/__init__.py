"""The embedded engine: a whole world as processes of this machine, in virtual time."""
