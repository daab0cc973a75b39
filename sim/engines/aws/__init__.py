"""The aws engine: scenarios on a pipeline that Terraform has deployed."""
