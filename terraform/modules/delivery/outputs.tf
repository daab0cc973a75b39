output "repository_urls" {
  description = "Image repositories: api, worker, openai-simulator."
  value       = { for each, repository in aws_ecr_repository.this : each => repository.repository_url }
}

output "preview_role_arn" {
  description = "Role for plans of pull requests: repository variable PREVIEW_ROLE_ARN."
  value       = aws_iam_role.preview.arn
}

output "plan_role_arn" {
  description = "Role for plans of the branch: repository variable PLAN_ROLE_ARN."
  value       = aws_iam_role.plan.arn
}

output "push_role_arn" {
  description = "Role for pushing images, for jobs of the branch: repository variable PUSH_ROLE_ARN."
  value       = aws_iam_role.push.arn
}

output "deploy_role_arn" {
  description = "Role for jobs of the approved environment: its variable DEPLOY_ROLE_ARN."
  value       = aws_iam_role.deploy.arn
}

output "policies" {
  description = "Policies of the roles as JSON, by role and subject, for linters and tests."
  value       = local.policies
}

output "attached" {
  description = "Policies of each role, for tests."
  value       = local.attached
}

output "trust" {
  description = "Trust policies of the roles as JSON, for linters and tests."
  value       = local.trust
}
