variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
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
  description = "Its network."
  type        = string
}

variable "subnet_ids" {
  description = "Its subnets, in at least two zones."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must be two or more: AWS requires two zones for the subnet group of a database."
  }
}

variable "publicly_accessible" {
  description = "Whether it has a public address."
  type        = bool
}

variable "allowed_security_groups" {
  description = "Security groups that may connect: name to id."
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
  description = "Secret for the database URL."
  type        = string
}

variable "sslmode" {
  description = "How clients check the server: verify-full by its certificate and its name, with the authorities of RDS in the product's package. require encrypts and checks nothing: for a region whose authorities the package lacks."
  type        = string
  default     = "verify-full"
  nullable    = false

  validation {
    condition     = contains(["verify-full", "require"], var.sslmode)
    error_message = "sslmode must be verify-full or require: without TLS the password crosses the network readable."
  }
}

variable "password_version" {
  description = "An increase sets a new password, for the database and in the URL."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.password_version >= 1 && floor(var.password_version) == var.password_version
    error_message = "password_version must be a whole number from 1."
  }
}

variable "password" {
  description = "Password of its owner. Ephemeral: in no plan and no state."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = try(length(var.password) >= 20 && length(var.password) <= 99, false)
    error_message = "database_password must have 20 to 99 characters: a shorter one can be guessed, and Aurora accepts no longer one."
  }

  validation {
    condition     = try(!can(regex("[/@\" ]", var.password)), false)
    error_message = "database_password must not contain a slash, an at sign, a double quote or a space: RDS refuses these."
  }
}

variable "instance_class" {
  description = "Instance class of the instance."
  type        = string
  default     = "db.t3.micro"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be an RDS class such as db.t3.micro."
  }
}

variable "multi_az" {
  description = "Whether the instance has a standby in another zone, at twice the price."
  type        = bool
  default     = false
  nullable    = false
}

variable "min_capacity_units" {
  description = "Aurora: minimum capacity while not paused, in ACU."
  type        = number
  default     = 0.5
  nullable    = false

  validation {
    condition     = var.min_capacity_units >= 0.5 && var.min_capacity_units <= var.max_capacity_units
    error_message = "min_capacity_units must be from 0.5 and not above max_capacity_units."
  }
}

variable "max_capacity_units" {
  description = "Aurora: maximum capacity, in ACU."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.max_capacity_units >= 1 && var.max_capacity_units <= 256
    error_message = "max_capacity_units must be from 1 to 256."
  }
}

variable "auto_pause_after_seconds" {
  description = "Aurora: pauses after this time without connections; null for never. Resuming takes about 15 s."
  type        = number
  default     = null

  validation {
    condition     = var.auto_pause_after_seconds == null ? true : var.auto_pause_after_seconds >= 300 && var.auto_pause_after_seconds <= 86400
    error_message = "auto_pause_after_seconds must be from 300 to 86400, the range of Aurora, or null."
  }
}

variable "backup_retention_days" {
  description = "Retention of the daily backups."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days must be from 1 to 35: without backups a wrong DELETE is permanent."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete it. If false, destroy deletes it without a final snapshot."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarms_topic_arn" {
  description = "Topic of its alarms."
  type        = string
}
