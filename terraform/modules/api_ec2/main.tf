# The API on one small ARM machine with Docker: the cheapest topology. A new image means a new machine; the address stays.

data "aws_region" "current" {}

# The newest Amazon Linux 2023 for ARM.
data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

locals {
  tags    = merge(var.tags, { Project = "rawk", Pipeline = var.name })
  service = "${var.name}-api"
  port    = 8080

  registry = split("/", var.image_uri)[0]
}

# --- Permissions of the machine, in addition to the API's -------------------------------------------------

resource "aws_iam_instance_profile" "this" {
  name = local.service
  role = var.role_name
  tags = local.tags
}

resource "aws_iam_role_policy" "machine" {
  name = "machine"
  role = var.role_name

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
        # The wildcard covers the log streams of this one group.
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.this.arn}:*"
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/api"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

# --- The machine -------------------------------------------------------------------------------------

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = var.security_group_id
  description       = "HTTP from ${each.key}"
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  tags              = local.tags
}

resource "aws_instance" "this" {
  # checkov:skip=CKV_AWS_88: it is the public entry point: this topology has no load balancer
  # checkov:skip=CKV_AWS_126: one alarm on its status is enough for one machine
  ami                         = nonsensitive(data.aws_ssm_parameter.image.value)
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_id
  vpc_security_group_ids      = [var.security_group_id]
  associate_public_ip_address = true # until the Elastic IP is associated
  iam_instance_profile        = aws_iam_instance_profile.this.name
  ebs_optimized               = true
  user_data_replace_on_change = true
  tags                        = merge(local.tags, { Name = local.service })
  volume_tags                 = local.tags # at the creation; tags of root_block_device are set later, with a permission that no role has

  user_data = templatefile("${path.module}/user_data.sh", {
    region    = data.aws_region.current.id
    registry  = local.registry
    image     = var.image_uri
    log_group = aws_cloudwatch_log_group.this.name
    port      = local.port
    # Without secrets: the API fetches those itself, with its role.
    environment = var.environment
  })

  metadata_options {
    http_tokens                 = "required" # IMDSv2
    http_put_response_hop_limit = 2          # one more than the default, for the container
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 16
    encrypted   = true
  }

  # The new machine serves before the old one is terminated.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [ami] # a newer Amazon Linux comes with the next image only

    precondition {
      condition     = can(regex("^[a-z]+[0-9]+g[a-z]*\\.", var.instance_type))
      error_message = "instance_type ${var.instance_type} is not ARM (Graviton), but the machine's image is."
    }
  }

  depends_on = [aws_iam_role_policy.machine]
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

# --- Alarms: EC2 has no metric of responses, so a filter counts the API's log lines ---------------------------

resource "aws_cloudwatch_log_metric_filter" "requests" {
  for_each = {
    Requests     = "{ $.event = \"request\" }"
    ServerErrors = "{ ($.event = \"request\") && ($.status >= 500) }"
  }

  name           = "${local.service}-${each.key}"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = each.value

  metric_transformation {
    name      = "${local.service}-${each.key}"
    namespace = "Rawk"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.service}-5xx"
  alarm_description   = "The API returns server errors."
  namespace           = "Rawk"
  metric_name         = "${local.service}-ServerErrors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "machine" {
  alarm_name          = "${local.service}-machine"
  alarm_description   = "The machine fails EC2's status checks."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed"
  dimensions          = { InstanceId = aws_instance.this.id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "breaching" # missing data means that the machine does not work
  alarm_actions       = [var.alarms_topic_arn]
  ok_actions          = [var.alarms_topic_arn]
  tags                = local.tags
}
