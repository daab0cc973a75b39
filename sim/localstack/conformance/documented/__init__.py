"""Behaviour that AWS documents, call by call; a module for each subject, all of them in `catalogue.py`."""
