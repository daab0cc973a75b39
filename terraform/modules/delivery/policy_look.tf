# What both roles may look at. No action in here changes anything or shows what is inside an object, a
# message or a secret, but for the one password that is explained below.

locals {
  look_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Which things there are, and how they are set up: AWS takes no narrower resource for most of these
        # actions, and a plan asks for what is not ours too (zones, images, default networks).
        Sid    = "LookAtSettings"
        Effect = "Allow"
        Action = [
          "application-autoscaling:Describe*",
          "application-autoscaling:ListTagsForResource",
          "apprunner:Describe*",
          "apprunner:List*",
          "budgets:ListTagsForResource",
          "budgets:ViewBudget",
          "cloudwatch:DescribeAlarms",
          "cloudwatch:GetDashboard",
          "cloudwatch:ListTagsForResource",
          "codedeploy:Get*",
          "codedeploy:List*",
          "ec2:Describe*",
          "ecr:DescribeImages",
          "ecr:DescribeRepositories",
          "ecs:Describe*",
          "ecs:List*",
          "elasticloadbalancing:Describe*",
          "logs:Describe*",
          "rds:Describe*",
          "rds:ListTagsForResource",
          "secretsmanager:GetRandomPassword",
          "sns:GetSubscriptionAttributes",
          "xray:GetGroup*",
          "xray:GetSamplingRules",
          "xray:ListTagsForResource",
        ]
        Resource = "*"
      },
      {
        # API Gateway knows its parts by made-up identifiers, not by our names.
        Sid    = "LookAtGateways"
        Effect = "Allow"
        Action = "apigateway:GET"
        Resource = [
          for path in ["apis", "apis/*", "vpclinks", "vpclinks/*", "tags/*"] :
          "arn:${local.partition}:apigateway:${local.region}::/${path}"
        ]
      },
      {
        Sid    = "LookAtThePipeline"
        Effect = "Allow"
        Action = [
          "events:DescribeRule",
          "events:ListTagsForResource",
          "events:ListTargetsByRule",
          "iam:GetInstanceProfile",
          "iam:GetPolicy",
          "iam:GetPolicyVersion",
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:ListPolicyVersions",
          "iam:ListRolePolicies",
          "lambda:GetFunction*",
          "lambda:GetPolicy",
          "lambda:GetProvisionedConcurrencyConfig",
          "lambda:GetRuntimeManagementConfig",
          "lambda:ListTags",
          "lambda:ListVersionsByFunction",
          "logs:ListTagsForResource",
          "s3:GetAccelerateConfiguration",
          "s3:GetBucket*",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration",
          "s3:ListBucket",
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetResourcePolicy",
          "sns:GetTopicAttributes",
          "sns:ListTagsForResource",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ListQueueTags",
        ]
        Resource = [
          "${local.here.events}:rule/${var.name}-*",
          "${local.global.iam}:instance-profile/${var.name}-*",
          "${local.global.iam}:policy/${var.name}-*",
          "${local.global.iam}:role/${var.name}-*",
          "${local.here.lambda}:function:${var.name}-*",
          local.log_groups[0],
          local.log_groups[1],
          "arn:${local.partition}:s3:::${var.name}-*",
          "${local.here.secretsmanager}:secret:${var.name}/*",
          "${local.here.sns}:${var.name}-*",
          "${local.here.sqs}:${var.name}-*",
        ]
      },
      {
        # Mappings have made-up identifiers, and no condition for reading them.
        Sid      = "LookAtMappings"
        Effect   = "Allow"
        Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
        Resource = "${local.here.lambda}:event-source-mapping:*"
      },
      {
        # Which machine image is the newest: AWS's own public parameters.
        Sid      = "LookAtPublicParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = "arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"
      },
      {
        # Terraform reads the password back to write the database's URL with it, and opens it to plan, too; so it does
        # with the made-up OpenAI's key. They go into no plan and no state. The password is of use only where the
        # database's network lets one in.
        Sid      = "ReadMadeUpPasswords"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for each in ["database-password", "openai-simulator-key"] : "${local.here.secretsmanager}:secret:${var.name}/${each}-??????"]
      },
    ]
  })
}
