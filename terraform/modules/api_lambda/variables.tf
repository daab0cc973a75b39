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
  description = "The API's image, with its tag or digest. Set either this or package_path."
  type        = string
  default     = null

  validation {
    condition     = (var.image_uri == null) != (var.package_path == null)
    error_message = "Set either image_uri or package_path: the API runs from an image or from a zip."
  }
}

variable "package_path" {
  description = "Zip of the API, made by `tox -e package`. Set either this or image_uri."
  type        = string
  default     = null
}

variable "adapter_layer_arn" {
  description = "Layer with the Lambda Web Adapter, for a zip on AWS. The emulator needs none."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor architecture: x86_64 or arm64."
  type        = string
}

variable "memory_megabytes" {
  description = "Memory of the function, which also determines its CPU share."
  type        = number
  default     = 1024
  nullable    = false
}

variable "timeout_seconds" {
  description = "Timeout of one request; large recordings go to S3 directly."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds must be from 1 to 900, Lambda's maximum."
  }
}

variable "role_arn" {
  description = "Role of the API."
  type        = string
}

variable "role_name" {
  description = "Name of that role."
  type        = string
}

variable "vpc" {
  description = "Network of the function; null for none. ipv6: it reaches the internet by IPv6."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
    ipv6               = bool
  })
  default = null
}

variable "networking_policy" {
  description = "Policy that a function in a network needs."
  type        = string
}

variable "tracing" {
  description = "Whether X-Ray traces the requests."
  type        = bool
  default     = false
  nullable    = false
}

variable "tracing_policy" {
  description = "Policy for sending traces."
  type        = string
}

variable "api_gateway" {
  description = "Whether an HTTP API is in front of the function instead of a Function URL. Then nobody else may invoke the function; an answer takes at most 30 seconds."
  type        = bool
  default     = false
  nullable    = false
}

variable "extra_environment" {
  description = "Additional environment variables; they cannot replace existing ones."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the API's log in CloudWatch."
  type        = number
  default     = 30
  nullable    = false
}
