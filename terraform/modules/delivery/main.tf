# Delivery: the image repositories, and the four roles of GitHub's workflow.
# An administrator creates them once, with terraform/bootstrap: an image must exist before a function can run it, and a role
# cannot create itself.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Delivery = var.name })

  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id

  # Prefix of ARNs in this account and region: "${local.here.sqs}:NAME".
  here = {
    for service in [
      "apprunner", "autoscaling", "cloudwatch", "codedeploy", "ec2", "ecr", "ecs", "elasticloadbalancing",
      "events", "lambda", "logs", "rds", "secretsmanager", "sns", "sqs", "xray", "application-autoscaling",
    ] : service => "arn:${local.partition}:${service}:${local.region}:${local.account}"
  }

  # The same for services without a region.
  global = { for service in ["iam", "budgets"] : service => "arn:${local.partition}:${service}::${local.account}" }

  # The names of a pipeline's resources begin with its name. The names in this module never do: otherwise the deploy role could
  # extend its own permissions, and a destroy could delete the images and the state.
  path = "/delivery/"
}
