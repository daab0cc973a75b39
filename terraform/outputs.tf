# Used by the harness, the command line tool and deploy.sh. sim/provisioning reads exactly these names, from
# `terraform output -json` and from the checked-in rendering.

output "name" {
  description = "Prefix of every resource's name."
  value       = var.name
}

output "topology" {
  description = "The topology."
  value       = var.topology
}

output "api" {
  description = "The API: kind, url, health_url, and the values that a rollout of this kind needs. The kind is none without an API."
  value       = local.api_module == null ? { kind = "none" } : local.api_module.api
}

output "images" {
  description = "The deployed images, for rollbacks."
  value = {
    api    = var.api_image_uri
    worker = var.worker_image_uri
  }
}

output "audio_bucket" {
  description = "Bucket of the recordings: accepted ones under audio/, what clients upload straight to it under incoming/."
  value       = module.pipeline.audio_bucket
}

output "jobs_queue_url" {
  description = "Queue of the jobs for the worker."
  value       = module.pipeline.jobs_queue_url
}

output "jobs_queue_arn" {
  description = "ARN of the jobs queue."
  value       = module.pipeline.jobs_queue_arn
}

output "dead_letter_queue_url" {
  description = "Queue of the jobs that failed too often."
  value       = module.pipeline.dead_letter_queue_url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = module.pipeline.dead_letter_queue_arn
}

output "dead_letter_alarm" {
  description = "Name of the alarm that is active while there are dead letters."
  value       = module.pipeline.dead_letter_alarm
}

output "worker_function" {
  description = "Name of the function that processes jobs."
  value       = module.pipeline.worker_function
}

output "relay_function" {
  description = "Name of the scheduled function that sends jobs from the outbox and sweeps."
  value       = module.pipeline.relay_function
}

output "mapping_uuid" {
  description = "Identifier of the event source mapping between jobs queue and worker."
  value       = module.pipeline.mapping_uuid
}

output "relay_rule" {
  description = "Name of the EventBridge rule that starts the relay."
  value       = module.pipeline.relay_rule
}

output "log_groups" {
  description = "CloudWatch log groups: worker and relay."
  value       = module.pipeline.log_groups
}

output "role_arns" {
  description = "ARNs of the roles: api, worker, relay."
  value       = module.pipeline.role_arns
}

output "operator_policy_arn" {
  description = "Policy for the operators who run `rawk dlq`, `rawk trace` and `rawk tenant`."
  value       = module.pipeline.operator_policy_arn
}

output "secret_ids" {
  description = "Secrets that need values after the first apply: database_url, openai_api_key, api_keys. Identifiers, not values."
  value       = module.pipeline.secret_ids
}

output "openai_simulator" {
  description = "Control address of the OpenAI simulator, and the secret with its key; empty for the real OpenAI."
  # Not null: Terraform does not store outputs that are null.
  value = merge([for each in module.openai_simulator : {
    url           = each.url
    key_secret_id = module.openai_simulator_key[0].secret_arn
  }]...)
}

output "api_environment" {
  description = "Environment variables of the API."
  value       = module.pipeline.api_environment
}

output "operator_environment" {
  description = "Environment variables of `rawk dlq` and `rawk tenant`."
  value       = module.pipeline.operator_environment
}

output "limits" {
  description = "The pipeline's limits, given and derived."
  value       = module.pipeline.limits
}

output "outage_tolerance_seconds" {
  description = "How long an outage may last before jobs reach the dead-letter queue: the sum of the waits between the receives of one job."
  value       = module.pipeline.outage_tolerance_seconds
}
