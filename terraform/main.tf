# RAWK's infrastructure: one root module, one tfvars file per topology (terraform/topologies).
# The same files go to real AWS and to the local control plane; only endpoints (by environment
# variables, never in here) and tfvars differ.

provider "aws" {
  region = var.region

  # The provider retries a 500 up to 25 times by itself, and an apply then looks hung.
  max_retries = var.max_retries
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
  openai_base_url             = var.openai_base_url
  openai_timeout_seconds      = var.openai_timeout_seconds
  analysis_retry_base_seconds = var.analysis_retry_base_seconds
  analysis_retry_limit        = var.analysis_retry_limit
  orphan_audio_after_seconds  = var.orphan_audio_after_seconds
  outbox_grace_seconds        = var.outbox_grace_seconds
  alarm_email                 = var.alarm_email
  log_level                   = var.log_level
  extra_environment           = var.extra_environment
  api_role_principals         = var.api_role_principals
}
