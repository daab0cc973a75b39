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

variable "cpu_units" {
  description = "CPU units of an instance: 1024 are one processor."
  type        = number
  default     = 1024
  nullable    = false
}

variable "memory_megabytes" {
  description = "Memory of an instance."
  type        = number
  default     = 2048
  nullable    = false

  validation {
    condition = contains([
      "256/512", "256/1024", "512/1024", "1024/2048", "1024/3072", "1024/4096", "2048/4096", "2048/6144", "4096/8192", "4096/10240", "4096/12288",
    ], "${var.cpu_units}/${var.memory_megabytes}")
    error_message = "cpu_units and memory_megabytes must be a size of App Runner: 256 with 512 or 1024, 512 with 1024, 1024 with 2048 to 4096, 2048 with 4096 or 6144, 4096 with 8192 to 12288."
  }
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
