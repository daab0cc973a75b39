variable "name" {
  description = "Name of the pipelines, as in their tfvars: the prefix of all their resources' names."
  type        = string
  default     = "rawk"
}

variable "region" {
  description = "AWS region of states, images and pipelines."
  type        = string
  default     = "us-east-1"
}

variable "tags" {
  description = "Tags for every resource, in addition to the modules' own."
  type        = map(string)
  default     = {}
}

variable "github_repository" {
  description = "OWNER/NAME of the one repository whose workflow may deploy."
  type        = string
}

variable "github_subject" {
  description = "Subject of the repository in GitHub's tokens. Null means repo:OWNER/NAME; repo:OWNER@ID/NAME@ID for a repository created or renamed since 2026-07-15."
  type        = string
  default     = null
}

variable "github_branch" {
  description = "Branch whose commits the workflow builds, pushes and plans."
  type        = string
  default     = "main"
}

variable "github_tags" {
  description = "Tags that are deployed as well, such as v*. Null means none."
  type        = string
  default     = null
}

variable "github_environment" {
  description = "GitHub environment whose approval is required for the deploy role."
  type        = string
  default     = "production"
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider if the account has it already. Null creates it."
  type        = string
  default     = null
}

variable "images_kept" {
  description = "Number of deployed images in each repository."
  type        = number
  default     = 5
}

variable "old_state_days" {
  description = "How long an overwritten state can be restored."
  type        = number
  default     = 90

  validation {
    condition     = var.old_state_days >= 1 && floor(var.old_state_days) == var.old_state_days
    error_message = "old_state_days must be a whole number of at least 1."
  }
}

variable "dynamodb_lock_table" {
  description = "Whether to create a DynamoDB table for locks. Deprecated since Terraform 1.11, which locks with files in the bucket."
  type        = bool
  default     = false
}
