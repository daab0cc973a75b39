"""A local control plane for the Terraform configuration: `tox -e sim -- cloud`. See docs/how-to/local-cloud.md."""
