# What a topology may say. A variable left null takes the module's default, so that every number
# is written down once, in modules/pipeline/variables.tf, beside the rule that checks it.

variable "name" {
  description = "Prefix of every resource's name; two pipelines in one account differ by it."
  type        = string
}

variable "region" {
  description = "AWS region everything is made in."
  type        = string
  default     = "us-east-1"
}

variable "max_retries" {
  description = "How often the AWS provider repeats a call that failed in a retryable way."
  type        = number
  default     = 5

  validation {
    condition     = var.max_retries >= 0 && var.max_retries <= 25
    error_message = "max_retries must be between 0 and 25: beyond that an apply against a broken endpoint looks hung."
  }
}

variable "tags" {
  description = "Tags for every resource, beside the module's own."
  type        = map(string)
  default     = {}
}

variable "worker_package_path" {
  description = "Zip of the worker and relay code. Give this or worker_image_uri."
  type        = string
  default     = null
}

variable "worker_image_uri" {
  description = "Container image of the worker and relay, tag or digest included. Give this or worker_package_path."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor of the functions: x86_64 or arm64."
  type        = string
  default     = null
}

variable "function_timeout_seconds" {
  description = "How long one job may run."
  type        = number
  default     = null
}

variable "function_memory_megabytes" {
  description = "Memory of the worker and the relay."
  type        = number
  default     = null
}

variable "visibility_timeout_multiple" {
  description = "The jobs queue's visibility timeout, as a multiple of the function timeout."
  type        = number
  default     = null
}

variable "lease_margin_seconds" {
  description = "How much longer than the function timeout a worker's claim on a memory lasts."
  type        = number
  default     = null
}

variable "max_receive_count" {
  description = "How often a job is tried before SQS moves it to the dead-letter queue."
  type        = number
  default     = null
}

variable "maximum_concurrency" {
  description = "How many jobs run at once."
  type        = number
  default     = null
}

variable "relay_timeout_seconds" {
  description = "How long one run of the relay may take."
  type        = number
  default     = null
}

variable "jobs_retention_seconds" {
  description = "How long SQS keeps a job nobody finished."
  type        = number
  default     = null
}

variable "dead_letter_retention_seconds" {
  description = "How long SQS keeps a dead letter, counted from when the job was first sent."
  type        = number
  default     = null
}

variable "audio_expiry_days" {
  description = "After how many days S3 removes a recording."
  type        = number
  default     = null
}

variable "audio_force_destroy" {
  description = "Whether destroy may remove a bucket that still holds recordings. Never where recordings are real."
  type        = bool
  default     = null
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the functions' logs."
  type        = number
  default     = null
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be brought back; 0 removes it at once."
  type        = number
  default     = null
}

variable "transcription_model" {
  description = "OpenAI model that hears. Models retire within months."
  type        = string
  default     = null
}

variable "analysis_model" {
  description = "OpenAI model that thinks. Models retire within months."
  type        = string
  default     = null
}

variable "openai_base_url" {
  description = "Where OpenAI is, if not at its own address."
  type        = string
  default     = null
}

variable "openai_timeout_seconds" {
  description = "Longest wait for one answer of OpenAI, all of it read."
  type        = number
  default     = null
}

variable "analysis_retry_base_seconds" {
  description = "First gap before a failed analysis is tried again; it grows from there."
  type        = number
  default     = null
}

variable "analysis_retry_limit" {
  description = "How often a failed analysis is tried again before it is given up."
  type        = number
  default     = null
}

variable "orphan_audio_after_seconds" {
  description = "Age at which audio that no memory knows of is swept."
  type        = number
  default     = null
}

variable "alarm_email" {
  description = "Where alarms are sent; nobody is told while it is null."
  type        = string
  default     = null
}

variable "outbox_grace_seconds" {
  description = "How long the API has to send a job itself before the relay takes over."
  type        = number
  default     = null
}

variable "log_level" {
  description = "Least level the product logs."
  type        = string
  default     = null
}

variable "extra_environment" {
  description = "Further environment of both functions; it cannot replace what the module sets."
  type        = map(string)
  default     = null
}

variable "api_role_principals" {
  description = "AWS services that may take the API's role: where the API runs."
  type        = list(string)
  default     = null
}
