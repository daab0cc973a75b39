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

variable "role_name" {
  description = "Role of the API."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the machine."
  type        = string
}

variable "security_group_id" {
  description = "Security group of the machine; the module adds the rule for HTTP."
  type        = string
}

variable "allowed_cidrs" {
  description = "IPv4 blocks that may call the API. It uses plain HTTP: put a proxy with a certificate in front of it for real recordings."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "instance_type" {
  description = "Instance type of the machine; ARM."
  type        = string
  default     = "t4g.micro"
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the API's log in CloudWatch."
  type        = number
  default     = 30
  nullable    = false
}
