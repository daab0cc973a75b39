variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
}

variable "kind" {
  description = "instance: one RDS instance. aurora: Aurora Serverless v2."
  type        = string

  validation {
    condition     = contains(["instance", "aurora"], var.kind)
    error_message = "kind must be instance or aurora."
  }
}

variable "vpc_id" {
  description = "Network it is in."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets it may be in, of two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be two or more: AWS wants a database's subnet group in two zones."
  }
}

variable "publicly_accessible" {
  description = "Whether it has an address outside its network."
  type        = bool
}

variable "allowed_security_groups" {
  description = "Security groups that may connect: what they are, to their id."
  type        = map(string)
}

variable "allowed_cidrs" {
  description = "IPv4 blocks that may connect to a public database."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Each of allowed_cidrs must be an IPv4 block such as 203.0.113.0/24."
  }
}

variable "url_secret_id" {
  description = "Secret the whole database URL is written to."
  type        = string
}

variable "password_version" {
  description = "Raising it makes a new password, for the database and in the URL."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number from 1."
  }
}

variable "password" {
  description = "Password of its owner. Ephemeral: it is in no plan and no state."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = try(length(var.password) >= 20 && length(var.password) <= 99, false)
    error_message = "database_password must have 20 to 99 characters: a shorter one can be guessed, and Aurora takes no longer one."
  }

  validation {
    condition     = try(!can(regex("[/@\" ]", var.password)), false)
    error_message = "database_password must be without slash, at sign, double quote and space: RDS refuses these."
  }
}

variable "instance_class" {
  description = "Size of the one instance."
  type        = string
  default     = "db.t3.micro"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be an RDS class such as db.t3.micro."
  }
}

variable "multi_az" {
  description = "Whether the one instance has a standby in another zone, at twice the price."
  type        = bool
  default     = false
  nullable    = false
}

variable "min_capacity_units" {
  description = "Aurora: least capacity while awake, in ACU."
  type        = number
  default     = 0.5
  nullable    = false

  validation {
    condition     = var.min_capacity_units >= 0.5 && var.min_capacity_units <= var.max_capacity_units
    error_message = "min_capacity_units must be from 0.5 and not above max_capacity_units."
  }
}

variable "max_capacity_units" {
  description = "Aurora: most capacity, in ACU."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.max_capacity_units >= 1 && var.max_capacity_units <= 256
    error_message = "max_capacity_units must be from 1 to 256."
  }
}

variable "auto_pause_after_seconds" {
  description = "Aurora: pauses when nobody was connected for so long; null for never. A paused one takes about 15 s to wake."
  type        = number
  default     = null

  validation {
    condition     = var.auto_pause_after_seconds == null ? true : var.auto_pause_after_seconds >= 300 && var.auto_pause_after_seconds <= 86400
    error_message = "auto_pause_after_seconds must be from 300 to 86400, as Aurora takes it, or null."
  }
}

variable "backup_retention_days" {
  description = "How long daily backups are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be from 1 to 35: without backups a wrong DELETE is for ever."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete it; without it, destroy takes it without a last snapshot."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarms_topic_arn" {
  description = "Topic its alarms are published to."
  type        = string
}
