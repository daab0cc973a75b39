variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "region" {
  description = "AWS region, for the names of endpoints."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
}

variable "cidr" {
  description = "IPv4 block of the network."
  type        = string
  default     = "10.42.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 22, false)
    error_message = "cidr must be an IPv4 block from /16 to /22, such as 10.42.0.0/16: AWS supports no larger one, and the sixteen subnets of a smaller one have too few addresses."
  }
}

variable "private" {
  description = "Whether there are private subnets, for a database and functions without public addresses."
  type        = bool
}

variable "egress" {
  description = "How the private subnets reach the internet: none, ipv6 (free; IPv6 addresses only), nat (any address; AWS charges per hour)."
  type        = string

  validation {
    condition     = contains(["none", "ipv6", "nat"], var.egress)
    error_message = "egress must be none, ipv6 or nat."
  }

  validation {
    condition     = var.egress == "none" || var.private
    error_message = "egress is for private subnets; this network has none."
  }
}

variable "vpc_endpoints" {
  description = "Whether SQS and Secrets Manager have VPC endpoints. AWS charges per hour, endpoint and zone."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.vpc_endpoints || var.private
    error_message = "vpc_endpoints are for private subnets; this network has none."
  }
}
