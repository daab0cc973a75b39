"""A local control plane for the Terraform configuration: `python -m sim cloud`. See docs/how-to/local-cloud.md."""
