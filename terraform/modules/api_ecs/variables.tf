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

variable "architecture" {
  description = "Processor: x86_64 or arm64."
  type        = string
}

variable "cpu_units" {
  description = "Share of processors of a task: 1024 is one."
  type        = number
  default     = 512
  nullable    = false
}

variable "memory_megabytes" {
  description = "Memory of a task."
  type        = number
  default     = 1024
  nullable    = false
}

variable "min_tasks" {
  description = "Tasks kept running."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_tasks >= 1
    error_message = "min_tasks must be at least 1: blue/green needs one to move traffic to."
  }
}

variable "max_tasks" {
  description = "Most tasks."
  type        = number
  default     = 4
  nullable    = false
}

variable "vpc_id" {
  description = "Network it is in."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 addresses of the network."
  type        = string
}

variable "public_subnet_ids" {
  description = "Subnets of load balancer and tasks."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the tasks; the rule that lets the load balancer in is added to it."
  type        = string
}

variable "certificate_arn" {
  description = "ACM certificate of the load balancer, which is then public; null keeps it behind API Gateway."
  type        = string
  default     = null
}

variable "server_name" {
  description = "Name on the certificate, which API Gateway checks."
  type        = string
  default     = null

  validation {
    condition     = (var.certificate_arn == null) == (var.server_name == null)
    error_message = "certificate_arn and server_name come together: API Gateway checks the certificate by the name on it."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the load balancer."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the API's log."
  type        = number
  default     = 30
  nullable    = false
}
