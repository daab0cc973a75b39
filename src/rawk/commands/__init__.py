"""Operators' commands that are more than a call: their options and their output."""
