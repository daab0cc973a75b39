variable "name" {
  description = "Name of the pipelines that are delivered: the deploy role may touch what begins with it and a hyphen, and nothing else."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen: it is the name of the pipeline."
  }
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "github_repository" {
  description = "OWNER/NAME of the one repository whose workflow may deploy."
  type        = string

  validation {
    # A star or a missing half would let other people's repositories in.
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.github_repository))
    error_message = "github_repository must be OWNER/NAME, as GitHub spells it and without wildcards: whoever it names may deploy to this account."
  }
}

variable "github_subject" {
  description = "How GitHub's tokens name the repository. repo:OWNER/NAME while it is null; repo:OWNER@ID/NAME@ID for one created or renamed since 2026-07-15."
  type        = string
  default     = null

  validation {
    condition     = var.github_subject == null || can(regex("^repo:${join("(@[0-9]+)?/", [for each in split("/", var.github_repository) : replace(each, ".", "\\.")])}(@[0-9]+)?$", var.github_subject))
    error_message = "github_subject must be repo:OWNER/NAME or repo:OWNER@ID/NAME@ID of github_repository, without wildcards."
  }
}

variable "github_branch" {
  description = "The branch whose commits are built, pushed and planned for."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.github_branch))
    error_message = "github_branch must be the name of one branch, without wildcards: what is on it can be pushed as an image."
  }
}

variable "github_environment" {
  description = "The GitHub environment that must be approved before the deploy role is given."
  type        = string
  default     = "production"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.github_environment))
    error_message = "github_environment must be the name of one environment: letters, digits, dots, hyphens, no wildcard."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider, where the account has it already: there can be only one. It is made while this is null."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of token.actions.githubusercontent.com: another provider's tokens are not GitHub's."
  }
}

variable "state_bucket_arn" {
  description = "ARN of the bucket that Terraform's state is kept in, below NAME/."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]+$", var.state_bucket_arn)) && !can(regex(":::${var.name}-", var.state_bucket_arn))
    error_message = "state_bucket_arn must be the ARN of a bucket whose name does not begin with that of the pipeline: the deploy role may remove what does."
  }
}

variable "images_kept" {
  description = "How many images each repository keeps: as many versions can be gone back to."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.images_kept >= 2 && var.images_kept <= 1000 && floor(var.images_kept) == var.images_kept
    error_message = "images_kept must be a whole number from 2 to 1000: with one, there is no image to go back to."
  }
}
