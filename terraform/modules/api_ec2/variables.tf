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

variable "role_name" {
  description = "Role the API runs with."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the machine."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the machine; the rule that lets HTTP in is added to it."
  type        = string
}

variable "allowed_cidrs" {
  description = "IPv4 blocks that may call the API. It speaks plain HTTP: put a proxy with a certificate before it for anything real."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "instance_type" {
  description = "Size of the machine; an ARM one."
  type        = string
  default     = "t4g.micro"
  nullable    = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the API's log."
  type        = number
  default     = 30
  nullable    = false
}
