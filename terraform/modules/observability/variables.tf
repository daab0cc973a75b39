variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
}

variable "alarms_topic_arn" {
  description = "Topic every alarm is published to."
  type        = string
}

variable "alarm_email" {
  description = "Where the budget writes to, beside the topic."
  type        = string
  default     = null
}

variable "alarm_arns" {
  description = "Alarms of the other modules, for the dashboard."
  type        = list(string)
}

variable "jobs_queue" {
  description = "Name of the jobs queue."
  type        = string
}

variable "dead_letter_queue" {
  description = "Name of the dead-letter queue."
  type        = string
}

variable "oldest_job_alarm_seconds" {
  description = "Age of the oldest job at which somebody is told: above what its tries take."
  type        = number
}

variable "worker_function" {
  description = "Name of the worker."
  type        = string
}

variable "relay_function" {
  description = "Name of the relay."
  type        = string
}

variable "worker_log_group" {
  description = "Log group of the worker."
  type        = string
}

variable "traffic_metric" {
  description = "The API's requests and server errors, as CloudWatch names them; null where there is no API."
  type        = object({ requests = list(string), errors = list(string) })
  default     = null
}

variable "database_dimensions" {
  description = "CloudWatch dimensions of the database; null where it is somebody else's."
  type        = map(string)
  default     = null
}

variable "monthly_budget_dollars" {
  description = "Told at 80 % spent and 100 % forecast; null for no budget. Counts what carries the tag Pipeline, once it is activated as a cost allocation tag."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_dollars == null ? true : var.monthly_budget_dollars > 0
    error_message = "monthly_budget_dollars must be above 0, or null."
  }
}

variable "tracing" {
  description = "Whether there is an X-Ray group and sampling rule."
  type        = bool
  default     = false
  nullable    = false
}
