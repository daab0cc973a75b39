"""A local control plane for all of what the Terraform configuration uses: `python -m sim cloud`, docs/cloud.md."""
