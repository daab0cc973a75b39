# What a topology may say. A variable left null takes the module's default, so that every number
# is written down once, in modules/pipeline/variables.tf, beside the rule that checks it.

variable "name" {
  description = "Prefix of every resource's name; two pipelines in one account differ by it."
  type        = string
}

variable "topology" {
  description = "Where the API runs: apprunner, ec2, ecs, apprunner-private or lambda; core for the pipeline alone."
  type        = string

  validation {
    condition     = contains(["core", "apprunner", "ec2", "ecs", "apprunner-private", "lambda"], var.topology)
    error_message = "topology must be core, apprunner, ec2, ecs, apprunner-private or lambda."
  }
}

variable "region" {
  description = "AWS region everything is made in."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-1."
  }

  validation {
    # https://docs.aws.amazon.com/general/latest/gr/apprunner.html
    condition = !startswith(var.topology, "apprunner") || contains([
      "us-east-1", "us-east-2", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2",
      "eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3",
    ], var.region)
    error_message = "There is no App Runner in this region: take the topology ecs, ec2 or lambda, or a region that has it (us-east-1, us-east-2, us-west-2, eu-central-1, eu-west-1, ...)."
  }
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

variable "relay_every_minutes" {
  description = "How often the relay is started."
  type        = number
  default     = null
}

variable "tracing" {
  description = "Whether the functions are traced by X-Ray."
  type        = bool
  default     = false
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

variable "openai_simulator_image_uri" {
  description = "The made-up OpenAI of the scenarios, in ECR and for ARM: with it the worker asks that one, by a key of its own. Null for the real one."
  type        = string
  default     = null

  validation {
    condition     = var.openai_simulator_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.[^/]+/[^:@]+[:@].+$", var.openai_simulator_image_uri))
    error_message = "openai_simulator_image_uri must be an image in ECR with its tag or digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG."
  }

  validation {
    condition     = var.openai_simulator_image_uri == null || var.topology != "core"
    error_message = "The topology core has no network for a simulator: run one somewhere and name it by openai_base_url."
  }

  validation {
    condition     = var.openai_simulator_image_uri == null || var.openai_base_url == null
    error_message = "Either openai_simulator_image_uri or openai_base_url: the worker asks one OpenAI."
  }
}

variable "openai_simulator_allowed_cidrs" {
  description = "IPv4 blocks that may speak to the made-up OpenAI from outside: who plays scenarios."
  type        = list(string)
  default     = []

  validation {
    condition     = var.openai_simulator_image_uri == null || !contains(["apprunner", "ec2"], var.topology) || contains(var.openai_simulator_allowed_cidrs, "0.0.0.0/0")
    error_message = "openai_simulator_allowed_cidrs must be [\"0.0.0.0/0\"] in this topology: its functions run outside the network and come from addresses that nobody can list."
  }
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

# --- The API -----------------------------------------------------------------------------------------

variable "api_image_uri" {
  description = "The API's image in ECR, tag or digest included."
  type        = string
  default     = null

  validation {
    condition     = contains(["core", "lambda"], var.topology) || var.api_image_uri != null
    error_message = "api_image_uri is missing: this topology runs the API from an image. Push one and name it by its tag."
  }

  validation {
    condition     = var.api_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.[^/]+/[^:@]+[:@].+$", var.api_image_uri))
    error_message = "api_image_uri must be an image in ECR with its tag or digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG. App Runner, ECS and Lambda take it from nowhere else by role."
  }
}

variable "api_package_path" {
  description = "Zip of the API, as `tox -e package` makes it: for the topology lambda without an image."
  type        = string
  default     = null

  validation {
    condition     = var.topology == "lambda" ? (var.api_image_uri == null) != (var.api_package_path == null) : var.api_package_path == null
    error_message = "The topology lambda wants either api_image_uri or api_package_path; the others take images only."
  }
}

variable "adapter_layer_arn" {
  description = "The Lambda Web Adapter as a layer: for the topology lambda from a zip on AWS."
  type        = string
  default     = null
}

variable "api_min_instances" {
  description = "Instances or tasks of the API kept running."
  type        = number
  default     = null
}

variable "api_max_instances" {
  description = "Most instances or tasks of the API."
  type        = number
  default     = null
}

variable "api_allowed_cidrs" {
  description = "IPv4 blocks that may call the API of the topology ec2."
  type        = list(string)
  default     = null
}

variable "api_gateway" {
  description = "Whether an HTTP API stands before the API of the topology lambda."
  type        = bool
  default     = null
}

variable "certificate_arn" {
  description = "ACM certificate: makes the load balancer of the topology ecs public."
  type        = string
  default     = null
}

variable "server_name" {
  description = "Name on that certificate."
  type        = string
  default     = null
}

# --- Network and database ----------------------------------------------------------------------------

variable "network_cidr" {
  description = "IPv4 addresses of the network."
  type        = string
  default     = null
}

variable "egress" {
  description = "How private subnets reach the internet: none, ipv6 or nat."
  type        = string
  default     = "none"

  validation {
    condition     = !contains(["ecs", "apprunner-private", "lambda"], var.topology) || var.egress != "none"
    error_message = "egress must be nat or ipv6 for this topology: the worker runs in a private subnet and has to reach OpenAI."
  }
}

variable "vpc_endpoints" {
  description = "Whether SQS and Secrets Manager are reached inside the network."
  type        = bool
  default     = null
}

variable "enable_legacy_cidrs" {
  description = "Keeps a database that is to be private reachable by database_allowed_cidrs while callers are moved."
  type        = bool
  default     = false
}

variable "database_allowed_cidrs" {
  description = "IPv4 blocks that may connect to the database where it is public."
  type        = list(string)
  default     = null
}

variable "database_instance_class" {
  description = "Size of the database where it is one instance."
  type        = string
  default     = null
}

variable "database_multi_az" {
  description = "Whether that instance has a standby."
  type        = bool
  default     = null
}

variable "database_backup_retention_days" {
  description = "How long daily backups are kept."
  type        = number
  default     = null
}

variable "database_auto_pause_after_seconds" {
  description = "Aurora: pauses when nobody was connected for so long; null for never."
  type        = number
  default     = null
}

variable "database_password_length" {
  description = "Characters of the password that is made up."
  type        = number
  default     = 32

  validation {
    condition     = var.database_password_length >= 20 && var.database_password_length <= 99
    error_message = "database_password_length must be from 20 to 99: a shorter one can be guessed, and Aurora takes no longer one."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete database and load balancer. Off, destroy takes them, without a last snapshot."
  type        = bool
  default     = true
}

variable "monthly_budget_dollars" {
  description = "Told at 80 % spent and 100 % forecast; null for no budget."
  type        = number
  default     = null
}

# --- Secrets: none of these reaches a plan or a state ---------------------------------------------------

variable "secrets_version" {
  description = "0: the secrets are filled by hand. From 1: written from the two variables below, and the database's password made up; anew whenever it is raised."
  type        = number
  default     = null
}

variable "generate_database_password" {
  description = "Whether Secrets Manager makes the database's password up; false to give it as TF_VAR_database_password."
  type        = bool
  default     = true
}

variable "database_password" {
  description = "Password of the database's owner, where it is not made up."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "openai_api_key" {
  description = "OpenAI key of the worker: TF_VAR_openai_api_key."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "api_keys_json" {
  description = "JSON object of API key to tenant: TF_VAR_api_keys_json."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
}

variable "generate_openai_simulator_key" {
  description = "Whether Secrets Manager makes up the key of the made-up OpenAI; false to give it as TF_VAR_openai_simulator_key."
  type        = bool
  default     = true
}

variable "openai_simulator_key" {
  description = "Key of the made-up OpenAI, where it is not made up itself."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.openai_simulator_image_uri == null || var.generate_openai_simulator_key || try(length(var.openai_simulator_key) >= 20, false)
    error_message = "openai_simulator_key must be given, of 20 characters or more, where it is not made up."
  }
}
