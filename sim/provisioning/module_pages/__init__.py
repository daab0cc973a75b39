"""The tables in the READMEs of Terraform's modules, in the format of terraform-docs 0.24, which is a Go program."""

from sim.provisioning.module_pages.page import stale, write

__all__ = ["stale", "write"]
