"""Enforcement of IAM."""
