# The delivery module and the bootstrap that applies it, against a mocked provider: who may deploy, and what the
# roles may touch. A slip in here hands an account to strangers, and no plan shows it.

mock_provider "aws" {
  # What the provider insists on being an ARN.
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
  values = { name = "us-east-1" }
}

override_resource {
  target = aws_iam_openid_connect_provider.github[0]
  values = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
}

variables {
  name              = "memo"
  github_repository = "somebody/memories"
  state_bucket_arn  = "arn:aws:s3:::terraform-state-memo-123456789012"
}

# --- Images ----------------------------------------------------------------------------------------

run "images_are_kept_as_they_were_tested" {
  command = plan
  module { source = "./modules/delivery" }

  assert {
    condition     = toset([for each in aws_ecr_repository.this : each.name]) == toset(["memo/api", "memo/worker", "memo/openai-simulator"])
    error_message = "There is a repository for the API, one for worker and relay, and one for the OpenAI of the scenarios."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_repository.this : each.image_tag_mutability == "IMMUTABLE" && each.image_scanning_configuration[0].scan_on_push
    ])
    error_message = "What was tested under a tag must be what runs under it, and images are scanned when they come."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_lifecycle_policy.this : jsondecode(each.policy).rules == [{
        rulePriority = 1
        description  = "Keep the newest 5."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 5 }
        action       = { type = "expire" }
      }]
    ])
    error_message = "Five images are kept."
  }

  assert {
    condition = alltrue([
      for each in aws_ecr_repository_policy.functions : alltrue([
        for statement in jsondecode(each.policy).Statement :
        statement.Principal == { Service = "lambda.amazonaws.com" } &&
        statement.Condition.StringLike["aws:SourceArn"] == "arn:aws:lambda:us-east-1:123456789012:function:memo-*"
      ])
    ])
    error_message = "Lambda pulls for this pipeline's functions only."
  }
}

# --- Who may take the roles ------------------------------------------------------------------------

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
          "token.actions.githubusercontent.com:sub" = ["repo:somebody/memories:environment:production"]
        }
      }
    }]
    error_message = "The deploy role is for jobs of the one repository in its approved environment, and for nobody else."
  }

  assert {
    condition = (
      one(jsondecode(aws_iam_role.plan.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:somebody/memories:pull_request", "repo:somebody/memories:ref:refs/heads/main"] &&
      one(jsondecode(aws_iam_role.push.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:somebody/memories:ref:refs/heads/main"] &&
      alltrue([for role in [aws_iam_role.plan, aws_iam_role.push] : keys(one(jsondecode(role.assume_role_policy).Statement).Condition) == ["StringEquals"]])
    )
    error_message = "The plan role is for pull requests and the branch of the one repository, the push role for its branch."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github[0].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "Tokens are GitHub's, made for AWS."
  }

  # No pattern of a pipeline's resources reaches what delivers it.

  assert {
    condition = alltrue([
      for each in concat([aws_iam_role.deploy.path, aws_iam_role.plan.path, aws_iam_role.push.path], [for policy in aws_iam_policy.this : policy.path]) : each == "/delivery/"
    ])
    error_message = "Roles and policies of delivery lie outside of what the deploy role may change, else it could widen its own rights."
  }
}

run "a_renamed_environment_and_numbered_repositories" {
  module { source = "./modules/delivery" }

  variables {
    github_environment = "live"
    github_subject     = "repo:somebody@4711/memories@815"
    oidc_provider_arn  = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    images_kept        = 10
  }

  assert {
    condition     = one(jsondecode(aws_iam_role.deploy.assume_role_policy).Statement).Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:somebody@4711/memories@815:environment:live"]
    error_message = "The subject is what GitHub writes into its tokens."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can have GitHub's provider only once."
  }

  assert {
    condition     = one(jsondecode(aws_ecr_lifecycle_policy.this["api"].policy).rules).selection.countNumber == 10
    error_message = "As many images are kept as was said."
  }
}

# --- What the roles may ----------------------------------------------------------------------------

run "least_privilege" {
  module { source = "./modules/delivery" }

  assert {
    condition     = alltrue([for each in aws_iam_policy.this : length(each.policy) <= 6144]) && length(aws_iam_role_policy_attachment.deploy) <= 10
    error_message = "AWS takes 6,144 characters in a policy, and ten policies on a role."
  }

  assert {
    condition     = alltrue(flatten([for policy in output.policies : [for each in jsondecode(policy).Statement : each.Effect == "Allow" && !can(each.NotAction) && !can(each.NotResource) && can(each.Sid)]]))
    error_message = "Policies say what may be done, and why by their Sid; none says all but."
  }

  # Only looking may be given by the beginning of an action's name, and never the looking into things.

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : [for action in flatten([each.Action]) : action if strcontains(action, "*")]]
      ])) == toset([
      "application-autoscaling:Describe*", "apprunner:Describe*", "apprunner:List*", "codedeploy:Get*", "codedeploy:List*", "ec2:Describe*",
      "ecs:Describe*", "ecs:List*", "elasticloadbalancing:Describe*", "lambda:GetFunction*", "logs:Describe*", "rds:Describe*",
      "s3:GetBucket*", "xray:GetGroup*",
    ])
    error_message = "A new wildcard of actions must be thought about and be written down here."
  }

  # Every action that names no resource, or stands for all of a kind: each has its reason in a comment.

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : each.Sid if contains(flatten([each.Resource]), "*")]
      ])) == toset([
      "LookAtSettings", "LogInToRegistry", "Subscriptions", "MakeMappings", "WithoutAName", "LogDelivery",
    ])
    error_message = "A statement about everything must be thought about and be written down here, and beside it why."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for resource in flatten([each.Resource]) : anytrue([
            resource == "*",
            strcontains(resource, "memo"),
            startswith(resource, "arn:aws:ec2:us-east-1:123456789012:") && (can(each.Condition) || each.Sid == "PartsOfTheInstance"),
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
    error_message = "Everything else is named by the pipeline's prefix, or told by its tag."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for resource in flatten([each.Resource]) : !strcontains(resource, "memo*")
        ]
      ]
    ]))
    error_message = "A prefix ends with a hyphen or a slash: memo* would reach memoirs."
  }

  assert {
    condition = [
      for each in jsondecode(output.policies["deploy-identities"]).Statement : each.Condition if contains(flatten([each.Action]), "iam:PassRole")
      ] == [{ StringEquals = { "iam:PassedToService" = [
        "apprunner.amazonaws.com", "build.apprunner.amazonaws.com", "codedeploy.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com",
        "ecs.amazonaws.com", "lambda.amazonaws.com", "monitoring.rds.amazonaws.com", "tasks.apprunner.amazonaws.com",
    ] } }]
    error_message = "Roles are handed to what runs the pipeline, and to nothing else."
  }

  assert {
    condition     = !anytrue([for name, policy in output.policies : strcontains(policy, "iam:PassRole") if name != "deploy-identities"])
    error_message = "iam:PassRole stands in one place."
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
    error_message = "Delivery sets things up. It reads no job and no log, makes no users, and removes no image."
  }

  assert {
    condition = toset(flatten([
      for policy in output.policies : [for each in jsondecode(policy).Statement : each.Resource if length(setintersection(toset(flatten([each.Action])), toset(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]))) > 0]
      ])) == toset([
      "arn:aws:s3:::terraform-state-memo-123456789012/memo/*",
      "arn:aws:s3:::terraform-state-memo-123456789012/memo/*.tflock",
    ])
    error_message = "The only objects delivery touches are Terraform's state; it hears no recording."
  }

  # The plan role looks.

  assert {
    condition = alltrue(flatten([
      for name, policy in output.policies : [
        for each in jsondecode(policy).Statement : [
          for action in flatten([each.Action]) :
          can(regex("^[a-z0-9-]+:(Describe|Get|List|View)", action)) || action == "apigateway:GET"
        ]
      ] if startswith(name, "plan-")
    ]))
    error_message = "Whoever can open a pull request can use the plan role: it must not change anything."
  }

  assert {
    condition = (
      toset(keys(aws_iam_role_policy_attachment.plan)) == toset(["plan-look", "plan-state"]) &&
      keys(aws_iam_role_policy_attachment.push) == ["push-images"] &&
      length(aws_iam_role_policy_attachment.deploy) == length(output.policies) - 2
    )
    error_message = "The plan role has the looking only, the push role the images; the deploy role looks, too, and has all the rest."
  }

  assert {
    condition = toset(flatten([
      for name, policy in output.policies : [for each in jsondecode(policy).Statement : each.Resource if contains(flatten([each.Action]), "secretsmanager:GetSecretValue")] if startswith(name, "plan-")
      ])) == toset([
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/database-password-??????",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo/openai-simulator-key-??????",
    ])
    error_message = "The plan role reads the two secrets that Terraform opens to plan, and no other."
  }

  # Groups of logs are named by their modules: /aws/lambda/NAME-worker, /aws/apigateway/NAME-api, /NAME/api, /NAME/openai-simulator.

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
    error_message = "Whoever sets up logs must reach the groups of functions and those of containers."
  }
}

# --- Refusals --------------------------------------------------------------------------------------

run "refuses_to_trust_by_wildcard" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    name               = "Memo"
    github_repository  = "somebody/*"
    github_branch      = "*"
    github_environment = "*"
    oidc_provider_arn  = "arn:aws:iam::123456789012:oidc-provider/example.com"
    images_kept        = 1
  }

  expect_failures = [
    var.name,
    var.github_repository,
    var.github_branch,
    var.github_environment,
    var.oidc_provider_arn,
    var.images_kept,
  ]
}

run "refuses_the_subject_of_another_repository" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    github_subject = "repo:somebody@4711/secrets@816"
  }

  expect_failures = [var.github_subject]
}

run "refuses_any_subject" {
  command = plan
  module { source = "./modules/delivery" }

  variables {
    github_subject = "repo:somebody/*"
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
