variable "name" {
  description = "Prefix of every resource's name, and the simulator's space."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
}

variable "image_uri" {
  description = "The simulator's image for ARM (sim/openai_simulator/Dockerfile), with its tag or digest."
  type        = string

  validation {
    condition     = can(regex("[:@]", var.image_uri)) && !endswith(var.image_uri, ":latest")
    error_message = "image_uri must name a tag or digest other than latest: the deployed image must be the tested one."
  }
}

variable "repository_arn" {
  description = "ECR repository of the image."
  type        = string
}

variable "key_secret_arn" {
  description = "Secret with the key that clients must send."
  type        = string
}

variable "key_version" {
  description = "Version of that key: another version replaces the machine, because it reads the key when it starts."
  type        = number
  default     = 1
  nullable    = false
}

variable "vpc_id" {
  description = "Network of the machine."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 block of that network, in which functions call the simulator."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the machine."
  type        = string
}

variable "functions_are_inside" {
  description = "Whether the functions run in that network and call the machine at its private address."
  type        = bool
}

variable "allowed_cidrs" {
  description = "IPv4 blocks outside the network that may call it: machines that run scenarios, and functions outside the network."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "instance_type" {
  description = "Instance type of the machine; ARM."
  type        = string
  default     = "t4g.micro"
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of its log in CloudWatch."
  type        = number
  default     = 7
  nullable    = false
}
