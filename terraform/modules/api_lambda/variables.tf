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
  description = "The API's image, tag or digest included. Give this or package_path."
  type        = string
  default     = null

  validation {
    condition     = (var.image_uri == null) != (var.package_path == null)
    error_message = "Give either image_uri or package_path: the API runs from an image or from a zip, not from both and not from neither."
  }
}

variable "package_path" {
  description = "Zip of the API, as `tox -e package` makes it. Give this or image_uri."
  type        = string
  default     = null
}

variable "adapter_layer_arn" {
  description = "The Lambda Web Adapter as a layer, for the zip on AWS. An emulator speaks for it without."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor: x86_64 or arm64."
  type        = string
}

variable "memory_megabytes" {
  description = "Memory of the function, and with it its share of a processor."
  type        = number
  default     = 1024
  nullable    = false
}

variable "role_arn" {
  description = "Role the API runs with."
  type        = string
}

variable "role_name" {
  description = "The same role's name."
  type        = string
}

variable "vpc" {
  description = "Network the function joins; null for none. ipv6: it leaves it by IPv6."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
    ipv6               = bool
  })
  default = null
}

variable "networking_policy" {
  description = "What a function needs to join a network."
  type        = string
}

variable "tracing" {
  description = "Whether requests are traced by X-Ray."
  type        = bool
  default     = false
  nullable    = false
}

variable "tracing_policy" {
  description = "What a function needs to send traces."
  type        = string
}

variable "api_gateway" {
  description = "Whether an HTTP API stands before the function, beside its Function URL."
  type        = bool
  default     = false
  nullable    = false
}

variable "extra_environment" {
  description = "Further environment; it cannot replace what is set already."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the API's log."
  type        = number
  default     = 30
  nullable    = false
}
