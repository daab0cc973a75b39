# RAWK's infrastructure: one root module, one tfvars file per topology (terraform/topologies).
# Real AWS and the local control plane use the same files. Only the tfvars and the endpoints differ; endpoints are
# environment variables and never in these files.

provider "aws" {
  region = var.region

  # By default the provider retries a 500 up to 25 times, and an apply then seems to hang.
  max_retries = var.max_retries

  # Modules tag their resources, because policies and the budget need these tags; a resource that a module forgot has them too.
  default_tags {
    tags = local.tags
  }
}

locals {
  tags = merge(var.tags, { Project = "rawk", Pipeline = var.name })
}

# Ephemeral passwords have a separate provider: the mocks of `terraform test` do not support ephemeral resources, so tests
# leave this provider real and never call it.
provider "aws" {
  alias       = "passwords"
  region      = var.region
  max_retries = var.max_retries

  default_tags {
    tags = local.tags
  }
}

module "pipeline" {
  source = "./modules/pipeline"

  name = var.name
  tags = var.tags

  worker_package_path = var.worker_package_path
  worker_image_uri    = var.worker_image_uri
  architecture        = var.architecture

  function_timeout_seconds    = var.function_timeout_seconds
  function_memory_megabytes   = var.function_memory_megabytes
  visibility_timeout_multiple = var.visibility_timeout_multiple
  lease_margin_seconds        = var.lease_margin_seconds
  max_receive_count           = var.max_receive_count
  maximum_concurrency         = var.maximum_concurrency
  relay_timeout_seconds       = var.relay_timeout_seconds

  jobs_retention_seconds        = var.jobs_retention_seconds
  dead_letter_retention_seconds = var.dead_letter_retention_seconds
  audio_expiry_days             = var.audio_expiry_days
  audio_force_destroy           = var.audio_force_destroy
  log_retention_days            = var.log_retention_days
  secret_recovery_days          = var.secret_recovery_days

  transcription_model         = var.transcription_model
  analysis_model              = var.analysis_model
  openai_base_url             = local.openai_base_url
  openai_api_key_secret_arn   = one(module.openai_simulator_key[*].secret_arn)
  openai_timeout_seconds      = var.openai_timeout_seconds
  relay_every_minutes         = var.relay_every_minutes
  analysis_retry_base_seconds = var.analysis_retry_base_seconds
  analysis_retry_limit        = var.analysis_retry_limit
  orphan_audio_after_seconds  = var.orphan_audio_after_seconds
  outbox_grace_seconds        = var.outbox_grace_seconds
  alarm_email                 = var.alarm_email
  log_level                   = var.log_level
  otel_endpoint               = var.otel_endpoint
  redis_url_secret_arn        = var.redis_url_secret_arn
  cors_allowed_origins        = var.cors_allowed_origins
  caller_requests_per_second  = var.caller_requests_per_second
  metrics_keys_sha256         = var.metrics_keys_sha256

  # Aurora takes about 15 seconds, and 30 or more after a day of pause:
  # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
  database_wakes_within_seconds = try(coalesce(var.database_wakes_within_seconds, var.database_auto_pause_after_seconds == null ? null : 45), null)

  extra_environment = var.extra_environment

  api_role_principals = [local.shape.api_principal]
  vpc                 = local.functions_vpc
  tracing             = var.tracing

  secrets_version = var.secrets_version
  openai_api_key  = var.openai_api_key
  api_keys_json   = var.api_keys_json
}

# --- Depending on the topology: network, database, compute service for the API -----------------------------

module "network" {
  source = "./modules/network"
  count  = local.shape.network ? 1 : 0

  name          = var.name
  region        = var.region
  tags          = var.tags
  cidr          = var.network_cidr
  private       = local.shape.private
  egress        = var.egress
  vpc_endpoints = var.vpc_endpoints
}

module "password" {
  source = "./modules/password"
  count  = local.shape.database == null ? 0 : 1

  providers = {
    aws           = aws
    aws.passwords = aws.passwords
  }

  secret_name          = "${var.name}/database-password"
  description          = "Password of the database's owner. All clients connect with ${var.name}/database-url."
  generate             = var.generate_database_password
  given                = var.database_password
  length               = var.database_password_length
  password_version     = max(1, coalesce(var.secrets_version, 1))
  secret_recovery_days = var.secret_recovery_days
  tags                 = var.tags
}

module "database" {
  source = "./modules/database"
  count  = local.shape.database == null ? 0 : 1

  name                = var.name
  tags                = var.tags
  kind                = local.shape.database
  vpc_id              = module.network[0].vpc_id
  subnet_ids          = local.database_in_public_subnets ? module.network[0].public_subnet_ids : module.network[0].private_subnet_ids
  publicly_accessible = local.database_is_public
  allowed_cidrs       = var.database_allowed_cidrs
  url_secret_id       = module.pipeline.secret_ids.database_url
  password_version    = max(1, coalesce(var.secrets_version, 1))
  password            = module.password[0].password
  deletion_protection = var.deletion_protection
  alarms_topic_arn    = module.pipeline.alarms_topic_arn

  sslmode                  = var.database_sslmode
  instance_class           = var.database_instance_class
  multi_az                 = var.database_multi_az
  backup_retention_days    = var.database_backup_retention_days
  min_capacity_units       = var.database_min_capacity_units
  max_capacity_units       = var.database_max_capacity_units
  auto_pause_after_seconds = var.database_auto_pause_after_seconds

  allowed_security_groups = module.network[0].security_group_ids
}

module "api_apprunner" {
  source = "./modules/api_apprunner"
  count  = local.shape.api == "apprunner" ? 1 : 0

  name             = var.name
  tags             = var.tags
  image_uri        = var.api_image_uri
  repository_arn   = local.repository_arns.api
  environment      = local.api_environment_without_secrets
  secrets          = local.api_secrets
  role_arn         = module.pipeline.role_arns.api
  vpc              = local.api_vpc
  migrate_on_start = local.shape.private
  cpu_units        = var.api_cpu_units
  memory_megabytes = var.api_memory_megabytes
  min_instances    = var.api_min_instances
  max_instances    = var.api_max_instances
  alarms_topic_arn = module.pipeline.alarms_topic_arn
}

module "api_ec2" {
  source = "./modules/api_ec2"
  count  = local.shape.api == "ec2" ? 1 : 0

  name               = var.name
  tags               = var.tags
  image_uri          = var.api_image_uri
  repository_arn     = local.repository_arns.api
  environment        = local.api_environment
  role_name          = module.pipeline.role_names.api
  subnet_id          = module.network[0].public_subnet_ids[0]
  security_group_id  = module.network[0].security_group_ids.api
  instance_type      = var.api_instance_type
  allowed_cidrs      = var.api_allowed_cidrs
  log_retention_days = var.log_retention_days
  alarms_topic_arn   = module.pipeline.alarms_topic_arn
}

module "api_ecs" {
  source = "./modules/api_ecs"
  count  = local.shape.api == "ecs" ? 1 : 0

  name                = var.name
  tags                = var.tags
  image_uri           = var.api_image_uri
  repository_arn      = local.repository_arns.api
  environment         = local.api_environment_without_secrets
  secrets             = local.api_secrets
  role_arn            = module.pipeline.role_arns.api
  architecture        = coalesce(var.architecture, "x86_64")
  cpu_units           = var.api_cpu_units
  memory_megabytes    = var.api_memory_megabytes
  min_tasks           = var.api_min_instances
  max_tasks           = var.api_max_instances
  vpc_id              = module.network[0].vpc_id
  vpc_cidr            = module.network[0].cidr
  public_subnet_ids   = module.network[0].public_subnet_ids
  security_group_id   = module.network[0].security_group_ids.api
  certificate_arn     = var.certificate_arn
  server_name         = var.server_name
  deletion_protection = var.deletion_protection
  log_retention_days  = var.log_retention_days
  alarms_topic_arn    = module.pipeline.alarms_topic_arn
}

module "api_lambda" {
  source = "./modules/api_lambda"
  count  = local.shape.api == "lambda" ? 1 : 0

  name               = var.name
  tags               = var.tags
  image_uri          = var.api_image_uri
  package_path       = var.api_package_path
  adapter_layer_arn  = var.adapter_layer_arn
  memory_megabytes   = var.api_memory_megabytes
  timeout_seconds    = var.api_timeout_seconds
  architecture       = coalesce(var.architecture, "x86_64")
  environment        = local.api_environment
  extra_environment  = var.extra_environment
  role_arn           = module.pipeline.role_arns.api
  role_name          = module.pipeline.role_names.api
  vpc                = local.functions_vpc
  networking_policy  = module.pipeline.networking_policy
  tracing            = var.tracing
  tracing_policy     = module.pipeline.tracing_policy
  api_gateway        = var.api_gateway
  log_retention_days = var.log_retention_days
  alarms_topic_arn   = module.pipeline.alarms_topic_arn
}

# --- For scenarios: the OpenAI simulator ---------------------------------------------------------------

module "openai_simulator" {
  source = "./modules/openai_simulator"
  count  = local.openai_is_simulated ? 1 : 0

  name                 = var.name
  tags                 = var.tags
  image_uri            = var.openai_simulator_image_uri
  repository_arn       = local.repository_arns.openai_simulator
  key_secret_arn       = module.openai_simulator_key[0].secret_arn
  key_version          = local.openai_simulator_key_version
  vpc_id               = module.network[0].vpc_id
  vpc_cidr             = module.network[0].cidr
  subnet_id            = module.network[0].public_subnet_ids[0]
  functions_are_inside = local.functions_vpc != null
  allowed_cidrs        = var.openai_simulator_allowed_cidrs
}

# A separate key: the real one is never sent to the simulator. Clients that control the simulator need the same key.
module "openai_simulator_key" {
  source = "./modules/password"
  count  = local.openai_is_simulated ? 1 : 0

  providers = {
    aws           = aws
    aws.passwords = aws.passwords
  }

  secret_name          = "${var.name}/openai-simulator-key"
  description          = "Key of the OpenAI simulator, for the worker and for clients that control the simulator."
  generate             = var.generate_openai_simulator_key
  given                = var.openai_simulator_key
  length               = 40
  password_version     = local.openai_simulator_key_version
  secret_recovery_days = 0 # the key has no value, and a deleted secret would block its name when the simulator is deployed again
  tags                 = var.tags
}

module "observability" {
  source = "./modules/observability"
  count  = local.shape.api == null ? 0 : 1

  name                     = var.name
  tags                     = var.tags
  alarms_topic_arn         = module.pipeline.alarms_topic_arn
  alarm_email              = var.alarm_email
  alarm_arns               = concat(module.pipeline.alarm_arns, flatten(module.database[*].alarm_arns), local.api_module.alarm_arns)
  jobs_queue               = module.pipeline.jobs_queue
  dead_letter_queue        = module.pipeline.dead_letter_queue
  oldest_job_alarm_seconds = module.pipeline.outage_tolerance_seconds
  worker_function          = module.pipeline.worker_function
  relay_function           = module.pipeline.relay_function
  relay_every_minutes      = module.pipeline.relay_every_minutes
  worker_log_group         = module.pipeline.log_groups.worker
  traffic_metric           = local.api_module.traffic_metric
  database_dimensions      = one(module.database[*].dimensions)
  monthly_budget_dollars   = var.monthly_budget_dollars
  tracing                  = var.tracing
}
