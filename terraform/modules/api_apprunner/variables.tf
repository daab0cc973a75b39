variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
}

variable "environment" {
  description = "Environment variables of the API."
  type        = map(string)
}

variable "alarms_topic_arn" {
  description = "Topic its alarms are published to."
  type        = string
}

variable "image_uri" {
  description = "The API's image, tag or digest included."
  type        = string

  validation {
    condition     = can(regex("[:@]", var.image_uri)) && !endswith(var.image_uri, ":latest")
    error_message = "image_uri must name a tag or digest other than latest: what runs must be what was tested, and what to roll back to."
  }
}

variable "repository_arn" {
  description = "ECR repository the image is fetched from."
  type        = string
}

variable "secrets" {
  description = "Environment variables whose values are secrets: name to the secret's ARN."
  type        = map(string)
}

variable "role_arn" {
  description = "Role the API runs with."
  type        = string
}

variable "vpc" {
  description = "Network the API reaches its database in; null to leave by App Runner's own addresses."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "migrate_on_start" {
  description = "Whether every start brings the database to the newest revision first. Two at once wait for each other."
  type        = bool
  default     = false
  nullable    = false
}

variable "min_instances" {
  description = "Instances kept ready."
  type        = number
  default     = 1
  nullable    = false
}

variable "max_instances" {
  description = "Most instances."
  type        = number
  default     = 3
  nullable    = false
}
