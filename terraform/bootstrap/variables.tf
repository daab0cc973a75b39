variable "name" {
  description = "Name of the pipelines that are delivered, as in their tfvars: all that they make begins with it."
  type        = string
  default     = "rawk"
}

variable "region" {
  description = "AWS region of state, images and pipelines."
  type        = string
  default     = "us-east-1"
}

variable "tags" {
  description = "Tags for every resource, beside the modules' own."
  type        = map(string)
  default     = {}
}

variable "github_repository" {
  description = "OWNER/NAME of the one repository whose workflow may deploy."
  type        = string
}

variable "github_subject" {
  description = "How GitHub's tokens name the repository. repo:OWNER/NAME while it is null; repo:OWNER@ID/NAME@ID for one created or renamed since 2026-07-15."
  type        = string
  default     = null
}

variable "github_branch" {
  description = "The branch whose commits are built, pushed and planned for."
  type        = string
  default     = "main"
}

variable "github_environment" {
  description = "The GitHub environment that must be approved before the deploy role is given."
  type        = string
  default     = "production"
}

variable "oidc_provider_arn" {
  description = "ARN of GitHub's identity provider, where the account has it already. It is made while this is null."
  type        = string
  default     = null
}

variable "images_kept" {
  description = "How many images each repository keeps."
  type        = number
  default     = 5
}

variable "old_state_days" {
  description = "How long an overwritten state can be brought back."
  type        = number
  default     = 90

  validation {
    condition     = var.old_state_days >= 1 && floor(var.old_state_days) == var.old_state_days
    error_message = "old_state_days must be a whole number of at least 1."
  }
}

variable "dynamodb_lock_table" {
  description = "Whether to make a DynamoDB table for locks as well. Terraform has deprecated it for lock files in the bucket (1.11); for older ones only."
  type        = bool
  default     = false
}
