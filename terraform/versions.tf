terraform {
  required_version = ">= 1.11.0" # write-only arguments, locking in S3 itself

  # The state: terraform/bootstrap creates the bucket, deploy.sh sets its name.
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
