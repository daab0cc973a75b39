variable "name" {
  description = "Name of the pipelines: the deploy role may change resources whose names begin with it and a hyphen, and no others."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen: it is the name of the pipeline."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "github_repository" {
  description = "OWNER/NAME of the one repository whose workflow may deploy."
  type        = string

  validation {
    # A wildcard or a missing part would admit other repositories.
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", var.github_repository))
    error_message = "github_repository must be OWNER/NAME, in GitHub's spelling and without wildcards: this repository may deploy to the account."
  }
}

variable "github_subject" {
  description = "Subject of the repository in GitHub's tokens. Null means repo:OWNER/NAME; repo:OWNER@ID/NAME@ID for a repository created or renamed since 2026-07-15."
  type        = string
  default     = null

  validation {
    condition     = var.github_subject == null || can(regex("^repo:${join("(@[0-9]+)?/", [for each in split("/", var.github_repository) : replace(each, ".", "\\.")])}(@[0-9]+)?$", var.github_subject))
    error_message = "github_subject must be repo:OWNER/NAME or repo:OWNER@ID/NAME@ID of github_repository, without wildcards."
  }
}

variable "github_branch" {
  description = "Branch whose commits the workflow builds, pushes and plans."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.github_branch))
    error_message = "github_branch must be the name of one branch, without wildcards: its commits can be pushed as images."
  }
}

variable "github_tags" {
  description = "Tags that are deployed as well, such as v*: their commits are built, pushed and planned like those of the branch, so protect them by a ruleset like the branch. Null means none."
  type        = string
  default     = null

  validation {
    condition     = var.github_tags == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*\\*?$", var.github_tags))
    error_message = "github_tags must be a tag or the beginning of tags with * at its end, such as v*: a person who may create such a tag can read the pipeline's secrets."
  }
}

variable "github_environment" {
  description = "GitHub environment whose approval is required for the deploy role."
  type        = string
  default     = "production"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.github_environment))
    error_message = "github_environment must be the name of one environment: letters, digits, dots, hyphens, no wildcard."
  }
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider if the account has it already: there can be only one. Null creates it."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.oidc_provider_arn))
    error_message = "oidc_provider_arn must be the ARN of token.actions.githubusercontent.com: tokens of other providers are not GitHub's."
  }
}

variable "state_bucket_arn" {
  description = "ARN of the bucket of Terraform's states, below NAME/."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]+$", var.state_bucket_arn)) && !can(regex(":::${var.name}-", var.state_bucket_arn))
    error_message = "state_bucket_arn must be the ARN of a bucket whose name does not begin with the pipeline's name: the deploy role may delete such buckets."
  }
}

variable "images_waiting" {
  description = "Number of images in each repository that were not deployed: those of commits that wait for an approval."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.images_waiting >= 2 && var.images_waiting <= 1000 && floor(var.images_waiting) == var.images_waiting
    error_message = "images_waiting must be a whole number from 2 to 1000: an approved commit must still have its image."
  }
}

variable "images_kept" {
  description = "Number of deployed images in each repository, which limits rollbacks."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.images_kept >= 2 && var.images_kept <= 1000 && floor(var.images_kept) == var.images_kept
    error_message = "images_kept must be a whole number from 2 to 1000: with one, there is no image for a rollback."
  }
}
