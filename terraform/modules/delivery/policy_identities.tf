# The pipeline's roles, and passing them to services. A client that may write roles and pass them to functions has, in effect,
# all permissions of these functions. The approval of the environment protects from that, and a separate account limits it
# (docs/how-to/deploy.md).

locals {
  # Services that a role of the pipeline may be passed to.
  run_by = [
    "apprunner.amazonaws.com",
    "build.apprunner.amazonaws.com",
    "codedeploy.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "lambda.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "tasks.apprunner.amazonaws.com",
  ]

  # Services that create a service-linked role at their first use in an account.
  own_roles = [
    "apprunner.amazonaws.com",
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "networking.apprunner.amazonaws.com",
    "ops.apigateway.amazonaws.com",
    "rds.amazonaws.com",
  ]


  identities_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole",
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:PutRolePolicy",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = "${local.global.iam}:role/${var.name}-*"
      },
      {
        Sid      = "Policies"
        Effect   = "Allow"
        Action   = ["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"]
        Resource = "${local.global.iam}:policy/${var.name}-*"
      },
      {
        Sid    = "InstanceProfiles"
        Effect = "Allow"
        Action = [
          "iam:AddRoleToInstanceProfile",
          "iam:CreateInstanceProfile",
          "iam:DeleteInstanceProfile",
          "iam:RemoveRoleFromInstanceProfile",
          "iam:TagInstanceProfile",
          "iam:UntagInstanceProfile",
        ]
        Resource = "${local.global.iam}:instance-profile/${var.name}-*"
      },
      {
        Sid       = "HandRolesToWhatRuns"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = "${local.global.iam}:role/${var.name}-*"
        Condition = { StringEquals = { "iam:PassedToService" = local.run_by } }
      },
      {
        Sid       = "ServicesOwnRoles"
        Effect    = "Allow"
        Action    = "iam:CreateServiceLinkedRole"
        Resource  = "${local.global.iam}:role/aws-service-role/*"
        Condition = { StringEquals = { "iam:AWSServiceName" = local.own_roles } }
      },
    ]
  })
}
