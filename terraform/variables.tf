# The variables of a topology. A variable that is null takes the module's default. So every number is defined once, in
# modules/pipeline/variables.tf, next to the rule that checks it.

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
  description = "AWS region of all resources."
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
    error_message = "App Runner is not available in this region: choose the topology ecs, ec2 or lambda, or a region with App Runner (us-east-1, us-east-2, us-west-2, eu-central-1, eu-west-1, ...)."
  }
}

variable "max_retries" {
  description = "How often the AWS provider retries a call after a retryable error."
  type        = number
  default     = 5

  validation {
    condition     = var.max_retries >= 0 && var.max_retries <= 25
    error_message = "max_retries must be between 0 and 25: with more, an apply against a broken endpoint seems to hang."
  }
}

variable "tags" {
  description = "Tags for every resource, in addition to the module's own."
  type        = map(string)
  default     = {}
}

variable "worker_package_path" {
  description = "Zip of the code of the worker and the relay. Set either this or worker_image_uri."
  type        = string
  default     = null
}

variable "worker_image_uri" {
  description = "Container image of the worker and the relay, with its tag or digest. Set either this or worker_package_path."
  type        = string
  default     = null
}

variable "architecture" {
  description = "Processor architecture of the functions: x86_64 or arm64."
  type        = string
  default     = null
}

variable "relay_every_minutes" {
  description = "Interval of the relay's schedule."
  type        = number
  default     = null
}

variable "tracing" {
  description = "Whether X-Ray traces the functions."
  type        = bool
  default     = false
}

variable "function_timeout_seconds" {
  description = "Timeout of one job."
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
  description = "By how much the lease of a memory outlasts the function timeout."
  type        = number
  default     = null
}

variable "max_receive_count" {
  description = "Number of receives of a job before SQS moves it to the dead-letter queue."
  type        = number
  default     = null
}

variable "maximum_concurrency" {
  description = "Maximum number of concurrent jobs."
  type        = number
  default     = null
}

variable "relay_timeout_seconds" {
  description = "Timeout of one run of the relay."
  type        = number
  default     = null
}

variable "jobs_retention_seconds" {
  description = "How long SQS keeps an unfinished job."
  type        = number
  default     = null
}

variable "dead_letter_retention_seconds" {
  description = "How long SQS keeps a dead letter, from the time when the job was first sent."
  type        = number
  default     = null
}

variable "audio_expiry_days" {
  description = "Number of days after which S3 deletes a recording."
  type        = number
  default     = null
}

variable "audio_force_destroy" {
  description = "Whether destroy may delete a bucket with recordings. Never for real recordings."
  type        = bool
  default     = null
}

variable "log_retention_days" {
  description = "Retention of the functions' logs in CloudWatch."
  type        = number
  default     = null
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be restored; 0 deletes it at once."
  type        = number
  default     = null
}

variable "transcription_model" {
  description = "OpenAI model for transcriptions. OpenAI retires models within months."
  type        = string
  default     = null
}

variable "analysis_model" {
  description = "OpenAI model for analyses. OpenAI retires models within months."
  type        = string
  default     = null
}

variable "openai_base_url" {
  description = "Base URL of OpenAI, if it is not the default."
  type        = string
  default     = null
}

variable "openai_simulator_image_uri" {
  description = "Image of the OpenAI simulator in ECR, for ARM: the worker then calls the simulator with a separate key. Null for the real OpenAI."
  type        = string
  default     = null

  validation {
    condition     = var.openai_simulator_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.[^/]+/[^:@]+[:@].+$", var.openai_simulator_image_uri))
    error_message = "openai_simulator_image_uri must be an image in ECR with its tag or digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG."
  }

  validation {
    condition     = var.openai_simulator_image_uri == null || var.topology != "core"
    error_message = "The topology core has no network for a simulator: run one elsewhere and set openai_base_url to its address."
  }

  validation {
    condition     = var.openai_simulator_image_uri == null || var.openai_base_url == null
    error_message = "Set either openai_simulator_image_uri or openai_base_url: the worker calls one OpenAI."
  }
}

variable "openai_simulator_allowed_cidrs" {
  description = "IPv4 blocks outside the network that may call the OpenAI simulator: the machines that run scenarios."
  type        = list(string)
  default     = []

  validation {
    condition     = var.openai_simulator_image_uri == null || !contains(["apprunner", "ec2"], var.topology) || contains(var.openai_simulator_allowed_cidrs, "0.0.0.0/0")
    error_message = "openai_simulator_allowed_cidrs must be [\"0.0.0.0/0\"] in this topology: its functions run outside the network, and their addresses are not known in advance."
  }
}

variable "openai_timeout_seconds" {
  description = "Timeout of one call of OpenAI, until its whole response is read."
  type        = number
  default     = null
}

variable "analysis_retry_base_seconds" {
  description = "Delay of the first retry of a failed analysis; later delays are longer."
  type        = number
  default     = null
}

variable "analysis_retry_limit" {
  description = "Number of retries of a failed analysis."
  type        = number
  default     = null
}

variable "orphan_audio_after_seconds" {
  description = "Age at which the relay deletes audio without a memory."
  type        = number
  default     = null
}

variable "alarm_email" {
  description = "Address that alarms are sent to; null for none."
  type        = string
  default     = null
}

variable "outbox_grace_seconds" {
  description = "Age at which the relay sends a job that the API has not sent."
  type        = number
  default     = null
}

variable "log_level" {
  description = "Minimum level of the product's log."
  type        = string
  default     = null
}

variable "otel_endpoint" {
  description = "Address of an OpenTelemetry collector that API, worker and relay reach, such as http://localhost:4318. Null: no traces."
  type        = string
  default     = null
}

variable "redis_url_secret_arn" {
  description = "Secret with the URL of a Redis that API, worker and relay reach: a change of a memory reaches its event streams at once instead of within a second. Null: no Redis."
  type        = string
  default     = null
}

variable "cors_allowed_origins" {
  description = "Origins of the pages that may call the API and upload to the bucket from a browser, such as https://app.example.com."
  type        = list(string)
  default     = null
}

variable "caller_requests_per_second" {
  description = "What one caller may ask of one process of the API in the long run."
  type        = number
  default     = null
}

variable "metrics_keys_sha256" {
  description = "SHA-256 digests of the keys that read the API's /metrics; without any, the API has no such endpoint."
  type        = list(string)
  default     = null
}

variable "extra_environment" {
  description = "Additional environment variables of both functions; they cannot replace those of the module."
  type        = map(string)
  default     = null
}

# --- The API -----------------------------------------------------------------------------------------

variable "api_image_uri" {
  description = "The API's image in ECR, with its tag or digest."
  type        = string
  default     = null

  validation {
    condition     = contains(["core", "lambda"], var.topology) || var.api_image_uri != null
    error_message = "api_image_uri is missing: this topology runs the API from an image. Push one and set its URI with the tag."
  }

  validation {
    condition     = var.api_image_uri == null ? true : can(regex("^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.[^/]+/[^:@]+[:@].+$", var.api_image_uri))
    error_message = "api_image_uri must be an image in ECR with its tag or digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG. App Runner, ECS and Lambda support roles for ECR only."
  }
}

variable "api_package_path" {
  description = "Zip of the API, made by `tox -e package`: for the topology lambda without an image."
  type        = string
  default     = null

  validation {
    condition     = var.topology == "lambda" ? (var.api_image_uri == null) != (var.api_package_path == null) : var.api_package_path == null
    error_message = "The topology lambda needs either api_image_uri or api_package_path; the others need an image."
  }
}

variable "adapter_layer_arn" {
  description = "Layer with the Lambda Web Adapter: for the topology lambda with a zip on AWS."
  type        = string
  default     = null
}

variable "api_min_instances" {
  description = "Minimum number of instances or tasks of the API."
  type        = number
  default     = null
}

variable "api_max_instances" {
  description = "Maximum number of instances or tasks of the API."
  type        = number
  default     = null
}

variable "api_cpu_units" {
  description = "CPU units of a task or instance of the API: 1024 are one processor. For the topologies ecs, apprunner and apprunner-private."
  type        = number
  default     = null
}

variable "api_memory_megabytes" {
  description = "Memory of a task, an instance or the function of the API."
  type        = number
  default     = null
}

variable "api_timeout_seconds" {
  description = "Timeout of one request, for the topology lambda."
  type        = number
  default     = null
}

variable "api_instance_type" {
  description = "Instance type of the machine of the topology ec2; ARM."
  type        = string
  default     = null
}

variable "api_allowed_cidrs" {
  description = "IPv4 blocks that may call the API of the topology ec2."
  type        = list(string)
  default     = null
}

variable "api_gateway" {
  description = "Whether an HTTP API of API Gateway is in front of the API of the topology lambda, instead of a Function URL."
  type        = bool
  default     = null
}

variable "certificate_arn" {
  description = "ACM certificate for the load balancer of the topology ecs, which is then public."
  type        = string
  default     = null
}

variable "server_name" {
  description = "Host name in that certificate."
  type        = string
  default     = null
}

# --- Network and database ----------------------------------------------------------------------------

variable "network_cidr" {
  description = "IPv4 block of the network."
  type        = string
  default     = null
}

variable "egress" {
  description = "How private subnets reach the internet: none, ipv6 or nat."
  type        = string
  default     = "none"

  validation {
    condition     = !contains(["ecs", "apprunner-private", "lambda"], var.topology) || var.egress != "none"
    error_message = "egress must be nat or ipv6 for this topology: the worker runs in a private subnet and must reach OpenAI."
  }

  validation {
    condition     = var.topology != "apprunner-private" || var.egress != "ipv6"
    error_message = "egress must be nat for apprunner-private: App Runner's connector has IPv4 only, so the API would not reach SQS."
  }
}

variable "vpc_endpoints" {
  description = "Whether SQS and Secrets Manager have VPC endpoints."
  type        = bool
  default     = null
}

variable "enable_legacy_cidrs" {
  description = "Keeps a private database reachable for database_allowed_cidrs during the migration of its clients."
  type        = bool
  default     = false

  validation {
    condition     = !var.enable_legacy_cidrs || var.database_in_public_subnets || contains(["apprunner", "ec2"], var.topology)
    error_message = "enable_legacy_cidrs needs database_in_public_subnets = true: a public address works in a public subnet only, and AWS moves no running database to other subnets."
  }
}

variable "database_in_public_subnets" {
  description = "Leaves a private database in the public subnets that it was created in by a topology with a public database. It has no public address there without enable_legacy_cidrs."
  type        = bool
  default     = false
}

variable "database_allowed_cidrs" {
  description = "IPv4 blocks that may connect to a public database."
  type        = list(string)
  default     = null
}

variable "database_sslmode" {
  description = "How clients check the database's certificate: verify-full or require."
  type        = string
  default     = null
}

variable "database_instance_class" {
  description = "Instance class of a database that is one instance."
  type        = string
  default     = null
}

variable "database_multi_az" {
  description = "Whether that instance has a standby."
  type        = bool
  default     = null
}

variable "database_backup_retention_days" {
  description = "Retention of the daily backups."
  type        = number
  default     = null
}

variable "database_min_capacity_units" {
  description = "Aurora: minimum capacity while not paused, in ACU."
  type        = number
  default     = null
}

variable "database_max_capacity_units" {
  description = "Aurora: maximum capacity, in ACU."
  type        = number
  default     = null
}

variable "database_auto_pause_after_seconds" {
  description = "Aurora: pauses after this time without connections; null for never."
  type        = number
  default     = null
}

variable "database_wakes_within_seconds" {
  description = "How long a paused database takes to answer again; null for 45 where database_auto_pause_after_seconds is set, and for never elsewhere."
  type        = number
  default     = null
}

variable "database_password_length" {
  description = "Length of the generated password."
  type        = number
  default     = 32

  validation {
    condition     = var.database_password_length >= 20 && var.database_password_length <= 99
    error_message = "database_password_length must be from 20 to 99: a shorter one can be guessed, and Aurora accepts no longer one."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete database and load balancer. If false, destroy deletes them without a final snapshot."
  type        = bool
  default     = true
}

variable "monthly_budget_dollars" {
  description = "Sends a notification at 80 % of the actual and 100 % of the forecast cost; null for no budget."
  type        = number
  default     = null
}

# --- Secrets: none of these is in a plan or a state ---------------------------------------------------

variable "secrets_version" {
  description = "0: an operator writes the secrets. From 1: Terraform writes them from the two variables below and generates the database's password, again at each increase."
  type        = number
  default     = null
}

variable "generate_database_password" {
  description = "Whether Secrets Manager generates the database's password; false to set TF_VAR_database_password."
  type        = bool
  default     = true
}

variable "database_password" {
  description = "Password of the database's owner, if it is not generated."
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
  description = "Whether Secrets Manager generates the key of the OpenAI simulator; false to set TF_VAR_openai_simulator_key."
  type        = bool
  default     = true
}

variable "openai_simulator_key" {
  description = "Key of the OpenAI simulator, if it is not generated."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.openai_simulator_image_uri == null || var.generate_openai_simulator_key || try(length(var.openai_simulator_key) >= 20, false)
    error_message = "openai_simulator_key must have 20 characters or more, if it is not generated."
  }
}
