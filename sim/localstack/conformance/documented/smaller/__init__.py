"""Checks of the smaller services beyond the lengths, ranges and patterns of their models."""
