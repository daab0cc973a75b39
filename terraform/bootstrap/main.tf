# Applied once by an administrator, before everything else: the bucket of Terraform's states, the image repositories, and the
# four roles of GitHub's workflow. Its own state is a local file; README.md says how to move it into the bucket.

provider "aws" {
  region      = var.region
  max_retries = 5

  default_tags {
    tags = merge(var.tags, { Project = "rawk", Delivery = var.name }) # never Pipeline: the deploy role may change what has that tag
  }
}

module "delivery" {
  source = "../modules/delivery"

  name               = var.name
  tags               = var.tags
  github_repository  = var.github_repository
  github_subject     = var.github_subject
  github_branch      = var.github_branch
  github_tags        = var.github_tags
  github_environment = var.github_environment
  oidc_provider_arn  = var.oidc_provider_arn
  state_bucket_arn   = aws_s3_bucket.state.arn
  images_kept        = var.images_kept
}
