variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
}

variable "environment" {
  description = "Environment variables of the API."
  type        = map(string)
}

variable "alarms_topic_arn" {
  description = "Topic of its alarms."
  type        = string
}

variable "image_uri" {
  description = "The API's image, with its tag or digest."
  type        = string

  validation {
    condition     = can(regex("[:@]", var.image_uri)) && !endswith(var.image_uri, ":latest")
    error_message = "image_uri must name a tag or digest other than latest: the deployed image must be the tested one, and a rollback needs its name."
  }
}

variable "repository_arn" {
  description = "ECR repository of the image."
  type        = string
}

variable "secrets" {
  description = "Environment variables with secret values: name to the secret's ARN."
  type        = map(string)
}

variable "role_arn" {
  description = "Role of the API."
  type        = string
}

variable "vpc" {
  description = "Network of the API's database; null to use App Runner's public addresses."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "migrate_on_start" {
  description = "Whether the API migrates the database at each start. Concurrent migrations wait for each other."
  type        = bool
  default     = false
  nullable    = false
}

variable "min_instances" {
  description = "Minimum number of instances."
  type        = number
  default     = 1
  nullable    = false
}

variable "max_instances" {
  description = "Maximum number of instances."
  type        = number
  default     = 3
  nullable    = false
}
