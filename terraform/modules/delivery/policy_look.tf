# Read permissions of all roles that plan. No action changes anything or returns the content of an object, a message or a
# secret.

locals {
  look_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Lists and settings: AWS supports no narrower resource for most of these actions, and a plan also reads resources that
        # are not the pipeline's (zones, images, default networks).
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
        # API Gateway uses generated identifiers instead of names.
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
        # Mappings have generated identifiers, and no condition for reading them.
        Sid      = "LookAtMappings"
        Effect   = "Allow"
        Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
        Resource = "${local.here.lambda}:event-source-mapping:*"
      },
      {
        # The newest machine image: AWS's public parameters.
        Sid      = "LookAtPublicParameters"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:GetParameters"]
        Resource = "arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"
      },
    ]
  })

  # The provider reads the value of each secret that it has written on every refresh (from version 6.26 on it lists their
  # versions instead), and the password for the database's URL. They are in no plan and no state.
  secrets_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"]
      Resource = "${local.here.secretsmanager}:secret:${var.name}/*"
    }]
  })
}
