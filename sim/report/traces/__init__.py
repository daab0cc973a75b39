"""The spans of a run, derived from its journal, in formats that trace viewers open."""
