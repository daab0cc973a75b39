output "state_bucket" {
  description = "Bucket of the states: repository variable STATE_BUCKET. deploy.sh finds it by itself."
  value       = aws_s3_bucket.state.bucket
}

output "lock_table" {
  description = "DynamoDB table for locks, if one was asked for."
  value       = one(aws_dynamodb_table.locks[*].name)
}

output "repository_urls" {
  description = "Where images are pushed: api, worker, openai-simulator."
  value       = module.delivery.repository_urls
}

output "plan_role_arn" {
  description = "Role of whoever plans: repository variable PLAN_ROLE_ARN."
  value       = module.delivery.plan_role_arn
}

output "push_role_arn" {
  description = "Role of the branch's jobs that push images: repository variable PUSH_ROLE_ARN."
  value       = module.delivery.push_role_arn
}

output "deploy_role_arn" {
  description = "Role of the approved environment: its variable DEPLOY_ROLE_ARN."
  value       = module.delivery.deploy_role_arn
}
