variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
}

variable "alarms_topic_arn" {
  description = "Topic of all alarms."
  type        = string
}

variable "alarm_email" {
  description = "Mail address of the budget's notifications, in addition to the topic."
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
  description = "Age of the oldest job that activates the alarm: above the duration of all receives."
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

variable "relay_every_minutes" {
  description = "Interval of the relay's schedule."
  type        = number
}

variable "worker_log_group" {
  description = "Log group of the worker."
  type        = string
}

variable "traffic_metric" {
  description = "CloudWatch metrics of the API's requests and server errors; null without an API."
  type        = object({ requests = list(string), errors = list(string) })
  default     = null
}

variable "database_dimensions" {
  description = "CloudWatch dimensions of the database; null if it is managed elsewhere."
  type        = map(string)
  default     = null
}

variable "monthly_budget_dollars" {
  description = "Sends a notification at 80 % of the actual and 100 % of the forecast cost; null for no budget. Counts resources with the tag Pipeline, once it is activated as a cost allocation tag."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_dollars == null ? true : var.monthly_budget_dollars > 0
    error_message = "monthly_budget_dollars must be above 0, or null."
  }
}

variable "tracing" {
  description = "Whether to create an X-Ray group and a sampling rule."
  type        = bool
  default     = false
  nullable    = false
}
