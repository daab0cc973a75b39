"""Adapters for telling those who follow a memory that its status has changed."""
