output "repository_urls" {
  description = "Where images are pushed: api, worker, openai-simulator."
  value       = { for each, repository in aws_ecr_repository.this : each => repository.repository_url }
}

output "plan_role_arn" {
  description = "Role of whoever plans: repository variable PLAN_ROLE_ARN."
  value       = aws_iam_role.plan.arn
}

output "push_role_arn" {
  description = "Role of the branch's jobs that push images: repository variable PUSH_ROLE_ARN."
  value       = aws_iam_role.push.arn
}

output "deploy_role_arn" {
  description = "Role of the approved environment: its variable DEPLOY_ROLE_ARN."
  value       = aws_iam_role.deploy.arn
}

output "policies" {
  description = "What the roles may, as JSON, for linters and tests: by role and subject."
  value       = local.policies
}

output "trust" {
  description = "Who may take the roles, as JSON, for linters and tests."
  value       = local.trust
}
