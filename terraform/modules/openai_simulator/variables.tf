variable "name" {
  description = "Prefix of every resource's name, and the simulator's space."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
}

variable "image_uri" {
  description = "The simulator's image (sim/openai_simulator/Dockerfile), tag or digest included; for ARM."
  type        = string

  validation {
    condition     = can(regex("[:@]", var.image_uri)) && !endswith(var.image_uri, ":latest")
    error_message = "image_uri must name a tag or digest other than latest: what runs must be what was tested."
  }
}

variable "repository_arn" {
  description = "ECR repository the image is fetched from."
  type        = string
}

variable "key_secret_arn" {
  description = "Secret that holds the key that it wants to see."
  type        = string
}

variable "key_version" {
  description = "Of that key: another one is another machine, as it is read at the start."
  type        = number
  default     = 1
  nullable    = false
}

variable "vpc_id" {
  description = "Network of the machine."
  type        = string
}

variable "vpc_cidr" {
  description = "That network's IPv4 addresses: functions inside it ask from there."
  type        = string
}

variable "subnet_id" {
  description = "Public subnet of the machine."
  type        = string
}

variable "functions_are_inside" {
  description = "Whether the functions run in that network, and ask the machine by its private address."
  type        = bool
}

variable "allowed_cidrs" {
  description = "IPv4 blocks from outside that may speak to it: who plays, and functions that run outside the network."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "instance_type" {
  description = "Size of the machine; an ARM one."
  type        = string
  default     = "t4g.micro"
  nullable    = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps its log."
  type        = number
  default     = 7
  nullable    = false
}
