"""The aws engine: scenarios on what Terraform has deployed."""
