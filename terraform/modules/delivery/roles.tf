# Trust policies: jobs of one repository may assume the roles, with the token that GitHub gives to each job. No key is stored.

locals {
  issuer   = "token.actions.githubusercontent.com"
  provider = var.oidc_provider_arn != null ? var.oidc_provider_arn : aws_iam_openid_connect_provider.github[0].arn
  subject  = var.github_subject != null ? var.github_subject : "repo:${var.github_repository}"

  # These jobs of one repository. Where releases are tags, only their end is a pattern.
  commits = concat(["ref:refs/heads/${var.github_branch}"], var.github_tags == null ? [] : ["ref:refs/tags/${var.github_tags}"])
  jobs = {
    preview = ["pull_request"]
    plan    = local.commits
    push    = local.commits
    deploy  = ["environment:${var.github_environment}"]
  }
  is_pattern = { for role, jobs in local.jobs : role => anytrue([for job in jobs : endswith(job, "*")]) }

  subjects = { for role, jobs in local.jobs : role => { "${local.issuer}:sub" = [for job in jobs : "${local.subject}:${job}"] } }

  trust = {
    for role, jobs in local.jobs : role => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = local.provider }
        Condition = {
          for test, keys in {
            StringEquals = merge({ "${local.issuer}:aud" = "sts.amazonaws.com" }, local.is_pattern[role] ? {} : local.subjects[role])
            StringLike   = local.is_pattern[role] ? local.subjects[role] : {}
          } : test => keys if length(keys) > 0
        }
      }]
    })
  }
}

# AWS trusts GitHub's certificate authorities; a thumbprint is not needed.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
  tags           = local.tags
}

# --- preview: reads settings and state. Every author of a pull request in the repository can run code with it. ----------

resource "aws_iam_role" "preview" {
  name               = "${var.name}-preview"
  path               = local.path
  description        = "Reads settings and state, and no secret, for plans of pull requests."
  assume_role_policy = local.trust.preview
  tags               = local.tags
}

# --- plan: reads secrets as well, as a refresh does. For jobs of the branch, whose commits are reviewed. ------------------

resource "aws_iam_role" "plan" {
  name               = "${var.name}-plan"
  path               = local.path
  description        = "Reads settings, state and secrets for plans that are applied."
  assume_role_policy = local.trust.plan
  tags               = local.tags
}

# --- push: pushes the images that jobs of the branch have built. ------------------------------------

resource "aws_iam_role" "push" {
  name               = "${var.name}-push"
  path               = local.path
  description        = "Pushes images."
  assume_role_policy = local.trust.push
  tags               = local.tags
}

# --- deploy: applies, after an approval of the environment. ----------------------------------------

resource "aws_iam_role" "deploy" {
  name                 = "${var.name}-deploy"
  path                 = local.path
  description          = "Applies, in jobs of the approved environment."
  assume_role_policy   = local.trust.deploy
  max_session_duration = 7200 # enough for a database, a load balancer and a blue/green deployment in sequence
  tags                 = local.tags
}

locals {
  # Longer than one policy may be (6,144 characters), so there is a policy for each subject.
  policies = {
    preview-look       = local.look_policy
    preview-state      = local.state_read_policy
    plan-secrets       = local.secrets_policy
    deploy-state       = local.state_write_policy
    push-images        = local.push_policy
    deploy-images      = local.pull_policy
    deploy-pipeline    = local.pipeline_policy
    deploy-identities  = local.identities_policy
    deploy-network     = local.network_policy
    deploy-compute     = local.compute_policy
    deploy-entrances   = local.entrances_policy
    deploy-observation = local.observation_policy
  }

  # The plan role has the permissions of the preview role, and the deploy role its read permissions.
  attached = {
    preview = ["preview-look", "preview-state"]
    plan    = ["preview-look", "preview-state", "plan-secrets"]
    push    = ["push-images"]
    deploy  = concat(["preview-look"], [for each in keys(local.policies) : each if startswith(each, "deploy-")])
  }
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name}-${each.key}"
  path        = local.path
  description = "A part of the permissions of the role ${split("-", each.key)[0]}."
  policy      = each.value
  tags        = local.tags
}

resource "aws_iam_role_policy_attachment" "preview" {
  for_each = toset(local.attached.preview)

  role       = aws_iam_role.preview.name
  policy_arn = aws_iam_policy.this[each.key].arn
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = toset(local.attached.plan)

  role       = aws_iam_role.plan.name
  policy_arn = aws_iam_policy.this[each.key].arn
}

resource "aws_iam_role_policy_attachment" "push" {
  for_each = toset(local.attached.push)

  role       = aws_iam_role.push.name
  policy_arn = aws_iam_policy.this[each.key].arn
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = toset(local.attached.deploy)

  role       = aws_iam_role.deploy.name
  policy_arn = aws_iam_policy.this[each.key].arn
}
