"""IAM, enforced."""
