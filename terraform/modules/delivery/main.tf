# How new versions reach AWS: where images are kept, and the three roles that GitHub's workflow takes.
# Made once by a person, from terraform/bootstrap: an image must be somewhere before a function can run
# it, and a role can not make itself.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  tags = merge(var.tags, { Project = "rawk", Delivery = var.name })

  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  account   = data.aws_caller_identity.current.account_id

  # Beginning of the ARN of something in this account and region: "${local.here.sqs}:NAME".
  here = {
    for service in [
      "apprunner", "autoscaling", "cloudwatch", "codedeploy", "ec2", "ecr", "ecs", "elasticloadbalancing",
      "events", "lambda", "logs", "rds", "secretsmanager", "sns", "sqs", "xray", "application-autoscaling",
    ] : service => "arn:${local.partition}:${service}:${local.region}:${local.account}"
  }

  # The same for services without a region.
  global = { for service in ["iam", "budgets"] : service => "arn:${local.partition}:${service}::${local.account}" }

  # What a pipeline makes begins with its name. What this module makes does not, in no ARN: else the deploy
  # role could widen its own rights, and a destroy could reach the images and the state.
  path = "/delivery/"
}
