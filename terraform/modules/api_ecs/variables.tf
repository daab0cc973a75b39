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

variable "architecture" {
  description = "Processor architecture: x86_64 or arm64."
  type        = string
}

variable "cpu_units" {
  description = "CPU units of a task: 1024 are one processor."
  type        = number
  default     = 512
  nullable    = false
}

variable "memory_megabytes" {
  description = "Memory of a task."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.cpu_units) && var.memory_megabytes >= 2 * var.cpu_units && var.memory_megabytes <= 8 * var.cpu_units
    error_message = "memory_megabytes must be from 2 to 8 times cpu_units, and cpu_units 256, 512, 1024, 2048 or 4096: Fargate has no other sizes."
  }
}

variable "min_tasks" {
  description = "Minimum number of tasks."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_tasks >= 1
    error_message = "min_tasks must be at least 1: a blue/green deployment needs a task to switch the traffic to."
  }
}

variable "max_tasks" {
  description = "Maximum number of tasks."
  type        = number
  default     = 4
  nullable    = false
}

variable "vpc_id" {
  description = "Its network."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 block of the network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of load balancer and tasks."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the tasks; the module adds the rule for the load balancer."
  type        = string
}

variable "certificate_arn" {
  description = "ACM certificate of the load balancer, which is then public; null for an internal one behind API Gateway."
  type        = string
  default     = null
}

variable "server_name" {
  description = "Host name in the certificate, which API Gateway checks."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.server_name == null)
    error_message = "Set certificate_arn and server_name together: API Gateway checks the host name in the certificate."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the API's log in CloudWatch."
  type        = number
  default     = 30
  nullable    = false
}
