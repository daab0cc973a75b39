# Every number of the pipeline is defined here or derived in main.tf, and nowhere else.
# nullable = false: null means the default.

variable "name" {
  description = "Prefix of every resource's name; two pipelines in one account differ by it."
  type        = string

  validation {
    # The longest name made of it is the bucket's (63), with the account id at its end; a bucket also has the smallest set of
    # characters.
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen: it becomes part of a bucket name."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
  nullable    = false
}

# --- The functions ---------------------------------------------------------------------------

variable "worker_package_path" {
  description = "Zip of the code of the worker and the relay. Set either this or worker_image_uri."
  type        = string
  default     = null
}

variable "worker_image_uri" {
  description = "Container image of the worker and the relay, with its tag or digest. Set either this or worker_package_path."
  type        = string
  default     = null

  validation {
    condition     = (var.worker_image_uri == null) != (var.worker_package_path == null)
    error_message = "Set either worker_package_path or worker_image_uri: the functions run from a zip or from an image."
  }
}

variable "architecture" {
  description = "Processor architecture of the functions: x86_64 or arm64."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "function_timeout_seconds" {
  description = "Timeout of one job."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.function_timeout_seconds >= 1 && var.function_timeout_seconds <= 900 && floor(var.function_timeout_seconds) == var.function_timeout_seconds
    error_message = "function_timeout_seconds must be a whole number from 1 to 900, Lambda's maximum."
  }
}

variable "function_memory_megabytes" {
  description = "Memory of the worker and the relay."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.function_memory_megabytes >= 128 && var.function_memory_megabytes <= 10240
    error_message = "function_memory_megabytes must be from 128 to 10240."
  }
}

variable "relay_timeout_seconds" {
  description = "Timeout of one run of the relay."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.relay_timeout_seconds >= 1 && var.relay_timeout_seconds <= 900
    error_message = "relay_timeout_seconds must be from 1 to 900, Lambda's maximum."
  }
}

variable "maximum_concurrency" {
  description = "Maximum number of concurrent jobs."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000
    error_message = "maximum_concurrency must be from 2 to 1000, the range of Lambda for an SQS queue."
  }
}

variable "relay_every_minutes" {
  description = "Interval of the relay's schedule. EventBridge's minimum is a minute; a database with auto-pause needs a longer one."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.relay_every_minutes >= 1 && var.relay_every_minutes <= 1440 && floor(var.relay_every_minutes) == var.relay_every_minutes
    error_message = "relay_every_minutes must be a whole number from 1 to 1440 (a day): only the relay sends jobs from the outbox."
  }
}

variable "vpc" {
  description = "Network of both functions, for a private database; null for none. ipv6: they reach the internet by IPv6, without NAT."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
    ipv6               = bool
  })
  default = null
}

variable "tracing" {
  description = "Whether X-Ray traces the invocations."
  type        = bool
  default     = false
  nullable    = false
}

# --- The queues ------------------------------------------------------------------------------

variable "visibility_timeout_multiple" {
  description = "The jobs queue's visibility timeout, as a multiple of the function timeout. AWS recommends six."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.visibility_timeout_multiple > 0
    error_message = "visibility_timeout_multiple must be above 0."
  }
}

variable "lease_margin_seconds" {
  description = "By how much the lease of a memory outlasts the function timeout."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.lease_margin_seconds >= 0 && floor(var.lease_margin_seconds) == var.lease_margin_seconds
    error_message = "lease_margin_seconds must be a whole number of at least 0: a lease that ends before its worker lets a second worker process the same job."
  }
}

variable "max_receive_count" {
  description = "Number of receives of a job before SQS moves it to the dead-letter queue."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.max_receive_count >= 2 && var.max_receive_count <= 1000 && floor(var.max_receive_count) == var.max_receive_count
    error_message = "max_receive_count must be a whole number from 2 to 1000: with one, the first transient error makes a dead letter."
  }
}

variable "jobs_retention_seconds" {
  description = "How long SQS keeps an unfinished job. Four days."
  type        = number
  default     = 345600
  nullable    = false

  validation {
    condition     = var.jobs_retention_seconds >= 60 && var.jobs_retention_seconds <= 1209600
    error_message = "jobs_retention_seconds must be from 60 (a minute) to 1209600 (14 days), the range of SQS."
  }
}

variable "dead_letter_retention_seconds" {
  description = "How long SQS keeps a dead letter, from the time when the job was first sent. Fourteen days, SQS's maximum."
  type        = number
  default     = 1209600
  nullable    = false

  validation {
    condition     = var.dead_letter_retention_seconds >= 60 && var.dead_letter_retention_seconds <= 1209600
    error_message = "dead_letter_retention_seconds must be from 60 (a minute) to 1209600 (14 days), the range of SQS."
  }
}

# --- Retention --------------------------------------------------------------

variable "audio_expiry_days" {
  description = "Number of days after which S3 deletes a recording."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.audio_expiry_days * 86400 > var.dead_letter_retention_seconds
    error_message = "audio_expiry_days must outlast dead_letter_retention_seconds: a dead letter whose audio is deleted cannot be redriven."
  }
}

variable "audio_force_destroy" {
  description = "Whether destroy may delete a bucket with recordings. Never for real recordings."
  type        = bool
  default     = false
  nullable    = false
}

variable "log_retention_days" {
  description = "Retention of the functions' logs in CloudWatch."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the periods of CloudWatch Logs (1, 3, 5, 7, 14, 30, 60, 90, ...)."
  }
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be restored; 0 deletes it at once."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days must be 0 or from 7 to 30, the range of Secrets Manager."
  }
}

# --- Settings of the product ----------------------------------------------------------------

variable "transcription_model" {
  description = "OpenAI model for transcriptions. OpenAI retires models within months."
  type        = string
  default     = "gpt-transcribe"
  nullable    = false
}

variable "analysis_model" {
  description = "OpenAI model for analyses. OpenAI retires models within months."
  type        = string
  default     = "gpt-5.4-mini"
  nullable    = false
}

variable "openai_base_url" {
  description = "Base URL of OpenAI, if it is not the default. Null, not empty: with an empty one every call fails."
  type        = string
  default     = null

  validation {
    condition     = var.openai_base_url == null || can(regex("^https?://[^/]", var.openai_base_url))
    error_message = "openai_base_url must begin with http:// or https://, or be null."
  }
}

variable "openai_api_key_secret_arn" {
  description = "Secret with the worker's OpenAI key, if it is not the pipeline's own."
  type        = string
  default     = null
}

variable "openai_timeout_seconds" {
  description = "Timeout of one call of OpenAI, until its whole response is read."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.openai_timeout_seconds >= 1 && var.openai_timeout_seconds < var.function_timeout_seconds && floor(var.openai_timeout_seconds) == var.openai_timeout_seconds
    error_message = "openai_timeout_seconds must be a whole number from 1 and below function_timeout_seconds: a worker that waits until its own timeout cannot record the error."
  }
}

variable "analysis_retry_base_seconds" {
  description = "Delay of the first retry of a failed analysis; later delays are longer."
  type        = number
  default     = 900
  nullable    = false

  validation {
    condition     = var.analysis_retry_base_seconds >= 1 && floor(var.analysis_retry_base_seconds) == var.analysis_retry_base_seconds
    error_message = "analysis_retry_base_seconds must be a whole number of at least 1."
  }
}

variable "analysis_retry_limit" {
  description = "Number of retries of a failed analysis."
  type        = number
  default     = 12
  nullable    = false

  validation {
    condition     = var.analysis_retry_limit >= 1 && floor(var.analysis_retry_limit) == var.analysis_retry_limit
    error_message = "analysis_retry_limit must be a whole number of at least 1."
  }
}

variable "orphan_audio_after_seconds" {
  description = "Age at which the relay deletes audio without a memory."
  type        = number
  default     = 86400
  nullable    = false

  validation {
    condition     = var.orphan_audio_after_seconds > var.outbox_grace_seconds && floor(var.orphan_audio_after_seconds) == var.orphan_audio_after_seconds
    error_message = "orphan_audio_after_seconds must be a whole number above outbox_grace_seconds: an upload in progress must not be swept."
  }
}

variable "alarm_email" {
  description = "Address that alarms are sent to; null for none. AWS first asks for a confirmation."
  type        = string
  default     = null
}

variable "outbox_grace_seconds" {
  description = "Age at which the relay sends a job that the API has not sent."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.outbox_grace_seconds >= 1 && floor(var.outbox_grace_seconds) == var.outbox_grace_seconds
    error_message = "outbox_grace_seconds must be a whole number of at least 1."
  }
}

variable "log_level" {
  description = "Minimum level of the product's log."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "database_wakes_within_seconds" {
  description = "How long a database that pauses without traffic takes to answer again; null for one that never pauses."
  type        = number
  default     = null

  validation {
    condition     = var.database_wakes_within_seconds == null ? true : var.database_wakes_within_seconds >= 1 && var.database_wakes_within_seconds < min(var.relay_timeout_seconds, var.function_timeout_seconds)
    error_message = "database_wakes_within_seconds must be at least 1 and less than the timeouts of worker and relay, which wait for it."
  }
}

variable "otel_endpoint" {
  description = "Address of an OpenTelemetry collector (OTLP over HTTP) that API, worker and relay reach, such as http://localhost:4318. Null: no traces."
  type        = string
  default     = null

  validation {
    condition     = var.otel_endpoint == null ? true : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^ ]*)?$", var.otel_endpoint))
    error_message = "otel_endpoint must be an address such as http://localhost:4318, without /v1/traces."
  }
}

variable "redis_url_secret_arn" {
  description = "Secret with the URL of a Redis that API, worker and relay reach: a change of a memory reaches its event streams at once instead of within a second. Null: no Redis."
  type        = string
  default     = null

  validation {
    condition     = var.redis_url_secret_arn == null ? true : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$", var.redis_url_secret_arn))
    error_message = "redis_url_secret_arn must be the ARN of a secret, not the URL itself, which would be in the state."
  }
}

variable "cors_allowed_origins" {
  description = "Origins of the pages that may call the API and upload to the bucket from a browser. Empty: no page may."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : origin == "*" || can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "Each of cors_allowed_origins must be an origin as browsers send it (https://app.example.com: lower case, no path, no slash at its end), or *."
  }
}

variable "caller_requests_per_second" {
  description = "What one caller may ask of one process of the API in the long run; more is answered 429."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.caller_requests_per_second >= 1 && var.caller_requests_per_second <= 1000000 && floor(var.caller_requests_per_second) == var.caller_requests_per_second
    error_message = "caller_requests_per_second must be a whole number from 1 to 1000000."
  }
}

variable "metrics_keys_sha256" {
  description = "SHA-256 digests, in hex, of the keys that read the API's /metrics. Empty: the API has no such endpoint. A digest of a random key is no secret."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for digest in var.metrics_keys_sha256 : can(regex("^[0-9a-f]{64}$", digest))])
    error_message = "Each of metrics_keys_sha256 must be a SHA-256 digest in lower-case hex: printf %s KEY | sha256sum."
  }
}

variable "extra_environment" {
  description = "Additional environment variables of both functions; they cannot replace those of the module."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "api_role_principals" {
  description = "AWS services that may assume the API's role: those that run the API."
  type        = list(string)
  default     = ["tasks.apprunner.amazonaws.com"]
  nullable    = false

  validation {
    condition     = length(var.api_role_principals) > 0
    error_message = "api_role_principals must name at least one service, which can assume the role."
  }
}

# --- Secrets -----------------------------------------------------------------------------------

variable "secrets_version" {
  description = "0: an operator writes the secrets. From 1: Terraform writes them from openai_api_key and api_keys_json, again at each increase."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.secrets_version >= 0 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version must be a whole number from 0."
  }
}

variable "openai_api_key" {
  description = "OpenAI key of the worker. Ephemeral: in no plan and no state."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.secrets_version == 0 || try(length(trimspace(var.openai_api_key)) >= 20, false)
    error_message = "openai_api_key is missing or too short: set TF_VAR_openai_api_key (or set secrets_version = 0 and write the secret manually)."
  }
}

variable "api_keys_json" {
  description = "JSON object of API key to tenant. Ephemeral: in no plan and no state."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.secrets_version == 0 || try(length(jsondecode(var.api_keys_json)) > 0, false)
    error_message = "api_keys_json is missing or not a JSON object of API key to tenant: set TF_VAR_api_keys_json (or set secrets_version = 0 and write the secret manually)."
  }

  validation {
    condition     = var.secrets_version == 0 || try(alltrue([for key, tenant in jsondecode(var.api_keys_json) : length(key) >= 24 && length(tenant) > 0]), false)
    error_message = "Every API key in api_keys_json needs 24 characters or more, and a tenant: a shorter one can be guessed."
  }
}
