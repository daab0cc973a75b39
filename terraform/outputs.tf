# What the harness, the command line tool and a deploy need to know. sim/provisioning reads exactly these
# names, both from `terraform output -json` and from the checked-in rendering.

output "name" {
  description = "Prefix of every resource's name."
  value       = var.name
}

output "topology" {
  description = "Where the API runs."
  value       = var.topology
}

output "api" {
  description = "The API: kind, url, health_url, and what a rollout of this kind needs. Kind none without one."
  value       = local.api_module == null ? { kind = "none" } : local.api_module.api
}

output "images" {
  description = "What runs, to roll back to."
  value = {
    api    = var.api_image_uri
    worker = var.worker_image_uri
  }
}

output "audio_bucket" {
  description = "Bucket the recordings are kept in, under audio/."
  value       = module.pipeline.audio_bucket
}

output "jobs_queue_url" {
  description = "Queue the worker takes jobs from."
  value       = module.pipeline.jobs_queue_url
}

output "jobs_queue_arn" {
  description = "ARN of the jobs queue."
  value       = module.pipeline.jobs_queue_arn
}

output "dead_letter_queue_url" {
  description = "Queue the jobs end in that were tried too often."
  value       = module.pipeline.dead_letter_queue_url
}

output "dead_letter_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = module.pipeline.dead_letter_queue_arn
}

output "dead_letter_alarm" {
  description = "Name of the alarm that rings while a dead letter waits for somebody."
  value       = module.pipeline.dead_letter_alarm
}

output "worker_function" {
  description = "Name of the function that works jobs off."
  value       = module.pipeline.worker_function
}

output "relay_function" {
  description = "Name of the scheduled function that sends what the outbox holds and sweeps."
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
  description = "Policy to attach to whoever runs `rawk dlq`."
  value       = module.pipeline.operator_policy_arn
}

output "secret_ids" {
  description = "Secrets to be filled after the first apply: database_url, openai_api_key, api_keys. Identifiers, not values."
  value       = module.pipeline.secret_ids
}

output "openai_simulator" {
  description = "Where the made-up OpenAI is steered, and the secret that holds its key; empty where OpenAI is the real one."
  # Not null: Terraform keeps no outputs that are null.
  value = merge([for each in module.openai_simulator : {
    url           = each.url
    key_secret_id = module.openai_simulator_key[0].secret_arn
  }]...)
}

output "api_environment" {
  description = "Environment variables the API runs with."
  value       = module.pipeline.api_environment
}

output "operator_environment" {
  description = "Environment variables `rawk dlq` runs with."
  value       = module.pipeline.operator_environment
}

output "limits" {
  description = "The numbers the pipeline keeps to, given and derived."
  value       = module.pipeline.limits
}

output "outage_tolerance_seconds" {
  description = "How long an outage may last before jobs reach the dead-letter queue: the waits between the receives of one job."
  value       = module.pipeline.outage_tolerance_seconds
}
