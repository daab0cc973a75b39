# The OpenAI simulator of the harness on one small machine, so that scenarios can inject OpenAI's faults into a deployed
# pipeline (docs/reference/engines.md). Never for real recordings: it uses plain HTTP, and transcribes only the recordings of the harness.

data "aws_region" "current" {}

# The newest Amazon Linux 2023 for ARM.
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

locals {
  tags    = merge(var.tags, { Project = "rawk", Pipeline = var.name })
  service = "${var.name}-openai-simulator"
  port    = 8000
}

# --- Permissions of the machine -------------------------------------------------------------------------

resource "aws_iam_role" "this" {
  name = local.service
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "machine"
  role = aws_iam_role.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A login to the registry has no resource.
        Sid      = "LogIn"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
      {
        Sid      = "FetchTheImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = var.repository_arn
      },
      {
        Sid      = "ReadItsKey"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = var.key_secret_arn
      },
      {
        # The wildcard covers the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
    ]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = local.service
  role = aws_iam_role.this.name
  tags = local.tags
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338: logs of a simulator need no audit
  name              = "/${var.name}/openai-simulator"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

# --- Access ------------------------------------------------------------------------------------------

resource "aws_security_group" "this" {
  name        = local.service
  description = "The OpenAI simulator."
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = local.service })
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = toset(concat([var.vpc_cidr], var.allowed_cidrs))

  security_group_id = aws_security_group.this.id
  description       = "HTTP from ${each.key}"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
  tags              = local.tags
}

# The addresses of Amazon's packages, the registry and Secrets Manager are not known in advance.
resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "Out to packages and AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

# --- The machine -------------------------------------------------------------------------------------

resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_88: machines that run scenarios control it from outside, with its key
  # checkov:skip=CKV_AWS_126: it serves scenarios only and needs no alarm
  ami                         = nonsensitive(data.aws_ssm_parameter.image.value)
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [aws_security_group.this.id]
  associate_public_ip_address = true # until the Elastic IP is associated
  iam_instance_profile        = aws_iam_instance_profile.this.name
  ebs_optimized               = true
  user_data_replace_on_change = true
  tags                        = merge(local.tags, { Name = local.service })
  volume_tags                 = local.tags # at the creation; tags of root_block_device are set later, with a permission that no role has

  user_data = templatefile("${path.module}/user_data.sh", {
    region    = data.aws_region.current.id
    registry  = split("/", var.image_uri)[0]
    image     = var.image_uri
    log_group = aws_cloudwatch_log_group.this.name
    port      = local.port
    # The id of the key's secret, not the key: every client that may describe instances can read this.
    key_secret_id = var.key_secret_arn
    key_version   = var.key_version
  })

  metadata_options {
    http_tokens                 = "required" # IMDSv2
    http_put_response_hop_limit = 1          # the container must not use the machine's role
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 16
    encrypted   = true
  }

  lifecycle {
    ignore_changes = [ami] # a newer Amazon Linux comes with the next image only

    precondition {
      condition     = can(regex("^[a-z]+[0-9]+g[a-z]*\\.", var.instance_type))
      error_message = "instance_type ${var.instance_type} is not ARM (Graviton), but the machine's image is."
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_eip" "this" {
  domain = "vpc"
  tags   = merge(local.tags, { Name = local.service })
}

resource "aws_eip_association" "this" {
  allocation_id       = aws_eip.this.id
  instance_id         = aws_instance.this.id
  allow_reassociation = true
}
