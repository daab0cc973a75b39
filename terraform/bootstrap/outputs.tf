output "state_bucket" {
  description = "Bucket of the states. deploy.sh derives the same name; STATE_BUCKET overrides it."
  value       = aws_s3_bucket.state.bucket
}

output "lock_table" {
  description = "DynamoDB table for locks, if there is one."
  value       = one(aws_dynamodb_table.locks[*].name)
}

output "repository_urls" {
  description = "Image repositories: api, worker, openai-simulator."
  value       = module.delivery.repository_urls
}

output "preview_role_arn" {
  description = "Role for plans of pull requests: repository variable PREVIEW_ROLE_ARN."
  value       = module.delivery.preview_role_arn
}

output "plan_role_arn" {
  description = "Role for plans of the branch: repository variable PLAN_ROLE_ARN."
  value       = module.delivery.plan_role_arn
}

output "push_role_arn" {
  description = "Role for pushing images, for jobs of the branch: repository variable PUSH_ROLE_ARN."
  value       = module.delivery.push_role_arn
}

output "deploy_role_arn" {
  description = "Role for jobs of the approved environment: its variable DEPLOY_ROLE_ARN."
  value       = module.delivery.deploy_role_arn
}
