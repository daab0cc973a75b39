# The ingress. Without a certificate the load balancer is internal and serves HTTP on port 80 to API Gateway, which has its
# own certificate. With one it is public and serves HTTPS on port 443; port 80 redirects there.

locals {
  is_public     = var.certificate_arn != null
  listener_port = local.is_public ? 443 : 80
}

resource "aws_security_group" "load_balancer" {
  name        = "${local.service}-load-balancer"
  description = "The API's load balancer."
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.service}-load-balancer" })
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = local.is_public ? toset(["80", "443"]) : toset(["80"])

  security_group_id = aws_security_group.load_balancer.id
  description       = local.is_public ? "From anywhere" : "From the VPC link, which is in this network"
  cidr_ipv4         = local.is_public ? "0.0.0.0/0" : var.vpc_cidr
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "To the tasks"
  referenced_security_group_id = var.security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "tasks" {
  security_group_id            = var.security_group_id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  tags                         = local.tags
}

resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_91: the API logs every request
  # checkov:skip=CKV2_AWS_28: every call except health needs an API key; a firewall costs more than all other resources
  name                       = local.service
  load_balancer_type         = "application"
  internal                   = !local.is_public
  subnets                    = var.public_subnet_ids
  security_groups            = [aws_security_group.load_balancer.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  idle_timeout               = local.idle_timeout_seconds
  tags                       = local.tags
}

# Two, because CodeDeploy switches between them.
resource "aws_lb_target_group" "this" {
  # checkov:skip=CKV_AWS_378: from the load balancer to the task, inside the network
  for_each = toset(["blue", "green"])

  name                 = "${local.service}-${each.key}"
  target_type          = "ip"
  vpc_id               = var.vpc_id
  port                 = local.port
  protocol             = "HTTP"
  deregistration_delay = 30
  tags                 = local.tags

  health_check {
    path                = local.health_path
    matcher             = "200"
    interval            = 15
    timeout             = 6
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = length("${local.service}-green") <= 32
      error_message = "name must be ${32 - length("-api-green")} characters or fewer for this topology: names of load balancers have at most 32 characters."
    }
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.listener_port
  protocol          = local.is_public ? "HTTPS" : "HTTP"
  certificate_arn   = var.certificate_arn
  ssl_policy        = local.is_public ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["blue"].arn
  }

  # CodeDeploy switches it between the two groups.
  lifecycle {
    ignore_changes = [default_action]
  }
}

resource "aws_lb_listener" "redirect" {
  count = local.is_public ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"
  tags              = local.tags

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}

# --- API Gateway: HTTPS without our own certificate. At most 10 MB per request; presigned uploads for more. ---

resource "aws_apigatewayv2_vpc_link" "this" {
  name               = local.service
  subnet_ids         = var.public_subnet_ids
  security_group_ids = [aws_security_group.vpc_link.id]
  tags               = local.tags
}

resource "aws_security_group" "vpc_link" {
  name        = "${local.service}-vpc-link"
  description = "Network interfaces of API Gateway in this network."
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.service}-vpc-link" })
}

resource "aws_vpc_security_group_egress_rule" "vpc_link" {
  security_group_id            = aws_security_group.vpc_link.id
  description                  = "To the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.listener_port
  to_port                      = local.listener_port
  tags                         = local.tags
}

resource "aws_apigatewayv2_api" "this" {
  name          = local.service
  protocol_type = "HTTP"
  tags          = local.tags
}

resource "aws_apigatewayv2_integration" "this" {
  api_id             = aws_apigatewayv2_api.this.id
  integration_type   = "HTTP_PROXY"
  integration_method = "ANY"
  integration_uri    = aws_lb_listener.this.arn
  connection_type    = "VPC_LINK"
  connection_id      = aws_apigatewayv2_vpc_link.this.id

  dynamic "tls_config" {
    for_each = local.is_public ? [var.server_name] : []
    content {
      server_name_to_verify = tls_config.value
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309: the API checks keys itself
  api_id    = aws_apigatewayv2_api.this.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.this.id}"
}

resource "aws_apigatewayv2_stage" "this" {
  # checkov:skip=CKV_AWS_76: the API logs every request
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true
  tags        = local.tags

  default_route_settings {
    throttling_burst_limit = 200
    throttling_rate_limit  = 100
  }
}
