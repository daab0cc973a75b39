terraform {
  required_version = ">= 1.11.0" # write-only arguments, locking in S3 itself

  # Where the state is: terraform/bootstrap makes the bucket, deploy.sh names it.
  backend "s3" {}

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}
