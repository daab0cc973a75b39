# The delivery module and the bootstrap that applies it, against a mocked provider: trust policies, and the permissions of
# the roles. A mistake here gives the account to strangers, and no plan shows it.

mock_provider "aws" {
  # The provider checks that these are ARNs.
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/delivery/memo" }
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "123456789012" }
}

override_data {
  target = data.aws_partition.current
  values = { partition = "aws" }
}

override_data {
  target = data.aws_region.current
  values = { id = "us-east-1" }
}

override_resource {
  target = aws_iam_openid_connect_provider.github[0]
  values = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
}

variables {
  name              = "memo"
  github_repository = "example/memories"
  state_bucket_arn  = "arn:aws:s3:::terraform-state-memo-123456789012"
}

# --- Images ----------------------------------------------------------------------------------------

run "images_are_immutable" {
  command = plan
  module { source = "./modules/delivery" }

  assert {
    condition     = toset([for each in aws_ecr_repository.this : each.name]) == toset(["memo/api", "memo/worker", "memo/openai-simulator"])
    error_message = "There must be a repository for the API, one for worker and relay, and one for the OpenAI simulator."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_repository.this : each.image_tag_mutability == "IMMUTABLE" && each.image_scanning_configuration[0].scan_on_push
    ])
    error_message = "Tags must be immutable, and images must be scanned when they are pushed."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_lifecycle_policy.this : [
        for rule in jsondecode(each.policy).rules : [rule.rulePriority, rule.selection.tagStatus, try(rule.selection.tagPatternList, []), rule.selection.countNumber]
      ] == [[1, "tagged", ["deployed-*"], 5], [2, "any", [], 50]]
    ])
    error_message = "Five deployed images must be kept, however many wait for an approval."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_repository_policy.functions : alltrue([
        for statement in jsondecode(each.policy).Statement :
        statement.Principal == { Service = "lambda.amazonaws.com" } &&
        statement.Condition.StringLike["aws:SourceArn"] == "arn:aws:lambda:us-east-1:123456789012:function:memo-*"
      ])
    ])
    error_message = "Lambda may pull for this pipeline's functions only."
  }
}

# --- Trust policies ------------------------------------------------------------------------------

run "only_approved_jobs_of_one_repository_deploy" {
  module { source = "./modules/delivery" }

  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = ["repo:example/memories:environment:production"]
        }
      }
    }]
    error_message = "Only jobs of the repository in its approved environment may assume the deploy role."
  }

  assert {
    condition = (
      one(jsondecode(aws_iam_role.preview.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/memories:pull_request"] &&
      one(jsondecode(aws_iam_role.plan.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/memories:ref:refs/heads/main"] &&
      one(jsondecode(aws_iam_role.push.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/memories:ref:refs/heads/main"] &&
      alltrue([for role in [aws_iam_role.preview, aws_iam_role.plan, aws_iam_role.push] : keys(one(jsondecode(role.assume_role_policy).Statement).Condition) == ["StringEquals"]])
    )
    error_message = "Only pull requests of the repository may assume the preview role, only the branch the plan role and the push role."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "Tokens must be GitHub's, for the audience AWS."
  }

  # No pattern of a pipeline's resources matches resources of the delivery.

  assert {
    condition = alltrue([
      for each in concat([aws_iam_role.deploy.path, aws_iam_role.plan.path, aws_iam_role.preview.path, aws_iam_role.push.path], [for policy in aws_iam_policy.this : policy.path]) : each == "/delivery/"
    ])
    error_message = "The deploy role must not be able to change roles and policies of the delivery: it could extend its own permissions."
  }
}

run "a_renamed_environment_and_a_subject_with_ids" {
  module { source = "./modules/delivery" }

  variables {
    github_environment = "live"
    github_subject     = "repo:example@4711/memories@815"
    oidc_provider_arn  = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    images_kept        = 10
  }

  assert {
    condition     = one(jsondecode(aws_iam_role.deploy.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example@4711/memories@815:environment:live"]
    error_message = "The subject must be that of GitHub's tokens."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can have GitHub's provider only once."
  }

  assert {
    condition     = jsondecode(aws_ecr_lifecycle_policy.this["api"].policy).rules[0].selection.countNumber == 10
    error_message = "The given number of images must be kept."
  }
}

# --- Permissions -----------------------------------------------------------------------------------

run "least_privilege" {
  module { source = "./modules/delivery" }

  assert {
    condition     = alltrue([for each in aws_iam_policy.this : length(each.policy) <= 6144]) && length(aws_iam_role_policy_attachment.deploy) <= 10
    error_message = "A policy may have 6,144 characters, and a role ten policies."
  }

  assert {
    condition     = alltrue(flatten([for policy in output.policies : [for each in jsondecode(policy).Statement : each.Effect == "Allow" && !can(each.NotAction) && !can(each.NotResource) && can(each.Sid)]]))
    error_message = "Statements must allow, with a Sid, and without NotAction."
  }

  # Only read actions may have a wildcard, and never those that read contents.

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : [for action in flatten([each.Action]) : action if strcontains(action, "*")]]
      ])) == toset([
      "application-autoscaling:Describe*", "apprunner:Describe*", "apprunner:List*", "codedeploy:Get*", "codedeploy:List*", "ec2:Describe*",
      "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "lambda:GetFunction*", "logs:Describe*", "rds:Describe*",
      "s3:GetBucket*", "xray:GetGroup*",
    ])
    error_message = "A new wildcard of actions must be justified and listed here."
  }

  # Every statement with all resources of a type: each has its reason in a comment.

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : each.Sid if contains(flatten([each.Resource]), "*")]
      ])) == toset([
      "LookAtSettings", "LogInToRegistry", "Subscriptions", "MakeMappings", "WithoutAName",
    ])
    error_message = "A new statement about all resources must be justified and listed here."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for resource in flatten([each.Resource]) : anytrue([
            resource == "*",
            strcontains(resource, "memo"),
            startswith(resource, "arn:aws:ec2:us-east-1:123456789012:") && (can(each.Condition) || contains(["PartsOfTheInstance", "UntaggedInterfaces", "ZonesOfEndpoints"], each.Sid)),
            each.Sid == "ZonesOfEndpoints" && resource == "arn:aws:route53:::hostedzone/*",
            startswith(resource, "arn:aws:ec2:us-east-1::image/"),
            startswith(resource, "arn:aws:apigateway:us-east-1::/"),
            startswith(resource, "arn:aws:ssm:us-east-1::parameter/aws/service/"),
            startswith(resource, "arn:aws:rds:us-east-1:123456789012:") && endswith(resource, ":default*"),
            contains(["LookAtMappings", "Mappings", "MappingTags"], each.Sid) && resource == "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:*",
            each.Sid == "Scaling",
            each.Sid == "ServicesOwnRoles" && can(each.Condition.StringEquals["iam:AWSServiceName"]),
          ])
        ]
      ]
    ]))
    error_message = "All other resources must have the pipeline's prefix or tag."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for resource in flatten([each.Resource]) : !strcontains(resource, "memo*")
        ]
      ]
    ]))
    error_message = "A prefix must end with a hyphen or a slash: memo* would match memoirs."
  }

  assert {
    condition = [
      for each in jsondecode(output.policies["deploy-identities"]).Statement : each.Condition if contains(flatten([each.Action]), "iam:PassRole")
      ] == [{ StringEquals = { "iam:PassedToService" = [
        "apprunner.amazonaws.com", "build.apprunner.amazonaws.com", "codedeploy.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com",
        "ecs.amazonaws.com", "lambda.amazonaws.com", "monitoring.rds.amazonaws.com", "tasks.apprunner.amazonaws.com",
    ] } }]
    error_message = "Roles may be passed only to the services that run the pipeline."
  }

  assert {
    condition     = !anytrue([for name, policy in output.policies : strcontains(policy, "iam:PassRole") if name != "deploy-identities"])
    error_message = "iam:PassRole must be in one statement."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for action in flatten([each.Action]) : !contains([
            "s3:DeleteBucket*", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:PurgeQueue", "iam:PutUserPolicy", "iam:CreateUser", "iam:CreateAccessKey",
            "iam:PutRolePermissionsBoundary", "iam:CreateOpenIDConnectProvider", "ecr:DeleteRepository", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy",
            "logs:GetLogEvents", "rds-data:ExecuteStatement", "sts:AssumeRole",
          ], action)
        ]
      ]
    ]))
    error_message = "The delivery may change settings. It may read no job and no log, create no users, and delete no image."
  }

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : each.Resource if length(setintersection(toset(flatten([each.Action])), toset(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]))) > 0]
      ])) == toset([
      "arn:aws:s3:::terraform-state-memo-123456789012/memo/*",
      "arn:aws:s3:::terraform-state-memo-123456789012/memo/*.tflock",
    ])
    error_message = "The delivery may access no objects except Terraform's state, so no recording."
  }

  # Plans read.

  assert {
    condition = alltrue(flatten([
      for name, policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for action in flatten([each.Action]) :
          can(regex("^[a-z0-9-]+:(Describe|Get|List|View)", action)) || action == "apigateway:GET"
        ]
      ] if !startswith(name, "deploy-") && !startswith(name, "push-")
    ]))
    error_message = "Plans must not change anything."
  }

  assert {
    condition = (
      toset(keys(aws_iam_role_policy_attachment.preview)) == toset(["preview-look", "preview-state"]) &&
      toset(keys(aws_iam_role_policy_attachment.plan)) == toset(["preview-look", "preview-state", "plan-secrets"]) &&
      keys(aws_iam_role_policy_attachment.push) == ["push-images"] &&
      length(aws_iam_role_policy_attachment.deploy) == length(output.policies) - 3
    )
    error_message = "The preview role must have read permissions only, the plan role those on secrets as well, the push role those for images, the deploy role all others except pushing."
  }

  assert {
    condition = !anytrue(flatten([
      for name in output.attached.preview : [
        for each in jsondecode(output.policies[name]).Statement : [
          for action in flatten([each.Action]) : contains(["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "ssm:GetParametersByPath", "ssm:GetParameterHistory"], action)
        ]
      ]
    ]))
    error_message = "Every author of a pull request can use the preview role: it must open no secret."
  }

  assert {
    condition = jsondecode(output.policies["plan-secrets"]).Statement == [{
      Sid      = "ReadSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"]
      Resource = "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/*"
    }]
    error_message = "The plan role must be able to read all secrets of the pipeline, as a refresh does, and no other."
  }

  # Names of log groups in the modules: /aws/lambda/NAME-worker, /aws/apigateway/NAME-api, /NAME/api, /NAME/openai-simulator.

  assert {
    condition = alltrue([
      for sid in ["Logs", "LookAtThePipeline"] : anytrue([
        for policy in output.policies : anytrue([
          for each in jsondecode(policy).Statement : each.Sid == sid && alltrue([
            for pattern in ["log-group:*memo-*", "log-group:/memo/*"] : contains(flatten([each.Resource]), "arn:aws:logs:us-east-1:123456789012:${pattern}")
          ])
        ])
      ])
    ])
    error_message = "The permissions on logs must cover the log groups of functions and of containers."
  }
}

# --- Releases by tags ---------------------------------------------------------------------------------

run "tags_are_trusted_where_they_are_named" {
  module { source = "./modules/delivery" }

  variables {
    github_tags = "v*"
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.plan, aws_iam_role.push] :
      one(jsondecode(role.assume_role_policy).Statement).Condition == {
        StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" }
        StringLike   = { "token.actions.githubusercontent.com:sub" = ["repo:example/memories:ref:refs/heads/main", "repo:example/memories:ref:refs/tags/v*"] }
      }
    ])
    error_message = "Plan and push role must trust the branch and the tags of one repository, and nothing else."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.preview, aws_iam_role.deploy] :
      keys(one(jsondecode(role.assume_role_policy).Statement).Condition) == ["StringEquals"]
    ])
    error_message = "Pull requests and the approved environment are trusted by their exact names."
  }
}

run "one_tag_is_trusted_by_its_name" {
  module { source = "./modules/delivery" }

  variables {
    github_tags = "stable"
  }

  assert {
    condition     = one(jsondecode(aws_iam_role.plan.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:example/memories:ref:refs/heads/main", "repo:example/memories:ref:refs/tags/stable"]
    error_message = "A tag without a wildcard is no pattern."
  }
}

# --- Refusals --------------------------------------------------------------------------------------

run "refuses_to_trust_by_wildcard" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    name               = "Memo"
    github_repository  = "example/*"
    github_branch      = "*"
    github_tags        = "*"
    github_environment = "*"
    oidc_provider_arn  = "arn:aws:iam::123456789012:oidc-provider/example.com"
    images_kept        = 1
  }

  expect_failures = [
    var.name,
    var.github_repository,
    var.github_branch,
    var.github_tags,
    var.github_environment,
    var.oidc_provider_arn,
    var.images_kept,
  ]
}

run "refuses_the_subject_of_another_repository" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    github_subject = "repo:example@4711/secrets@816"
  }

  expect_failures = [var.github_subject]
}

run "refuses_any_subject" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    github_subject = "repo:example/*"
  }

  expect_failures = [var.github_subject]
}

run "refuses_a_state_bucket_that_a_destroy_could_reach" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    state_bucket_arn = "arn:aws:s3:::memo-state"
  }

  expect_failures = [var.state_bucket_arn]
}
