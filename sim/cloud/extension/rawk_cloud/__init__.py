"""Additions to moto: what it lacks of the services that the Terraform configuration uses. One module per service."""
