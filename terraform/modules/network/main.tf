# The network of the topology: two zones, public subnets, private subnets for private resources, and one kind of internet
# access. Security groups are here; their rules are in the modules that need them.

data "aws_availability_zones" "here" {
  # checkov:skip=CKV_AWS_394: any zones are fine; a change of zones is visible in a plan
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"] # no Local Zones: databases and load balancers do not run in them
  }
}

locals {
  tags  = merge(var.tags, { Project = "rawk", Pipeline = var.name })
  zones = slice(data.aws_availability_zones.here.names, 0, min(2, length(data.aws_availability_zones.here.names))) # a database and a load balancer need two

  ipv6 = var.egress == "ipv6"
}

resource "aws_vpc" "this" {
  # checkov:skip=CKV2_AWS_11: flow logs cost more than the network; enable them for an investigation
  cidr_block                       = var.cidr
  assign_generated_ipv6_cidr_block = local.ipv6
  enable_dns_support               = true
  enable_dns_hostnames             = true # inside, a public database's name resolves to its private address
  tags                             = merge(local.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = length(data.aws_availability_zones.here.names) >= 2
      error_message = "The region has fewer than two availability zones for this account, and a database's subnet group needs two."
    }
  }
}

# AWS's default security group allows traffic among its members. We do not use it; without rules, no mistake can use it either.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = "${var.name}-closed" })
}

# --- Public ----------------------------------------------------------------------------------------

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name })
}

resource "aws_subnet" "public" {
  count = length(local.zones)

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 4, count.index)
  tags              = merge(local.tags, { Name = "${var.name}-public-${count.index}" })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = "${var.name}-public" })
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  count = length(local.zones)

  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

# --- Private ---------------------------------------------------------------------------------------

resource "aws_subnet" "private" {
  count = var.private ? length(local.zones) : 0

  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 4, 8 + count.index)
  ipv6_cidr_block   = local.ipv6 ? cidrsubnet(aws_vpc.this.ipv6_cidr_block, 8, count.index) : null
  tags              = merge(local.tags, { Name = "${var.name}-private-${count.index}" })
}

resource "aws_route_table" "private" {
  count = var.private ? 1 : 0

  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = "${var.name}-private" })
}

resource "aws_route_table_association" "private" {
  count = var.private ? length(local.zones) : 0

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[0].id
}

# --- Internet access of the private subnets --------------------------------------------------------------

# Free of charge, and outbound only. Servers must have an IPv6 address.
resource "aws_egress_only_internet_gateway" "this" {
  count = local.ipv6 ? 1 : 0

  vpc_id = aws_vpc.this.id
  tags   = merge(local.tags, { Name = var.name })
}

resource "aws_route" "private_ipv6" {
  count = local.ipv6 ? 1 : 0

  route_table_id              = aws_route_table.private[0].id
  destination_ipv6_cidr_block = "::/0"
  egress_only_gateway_id      = aws_egress_only_internet_gateway.this[0].id
}

# One for both zones: during an outage of its zone, jobs wait in the queue. A second one doubles the price.
resource "aws_eip" "nat" {
  count = var.egress == "nat" ? 1 : 0

  domain = "vpc"
  tags   = merge(local.tags, { Name = "${var.name}-nat" })
}

resource "aws_nat_gateway" "this" {
  count = var.egress == "nat" ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.public[0].id
  tags          = merge(local.tags, { Name = var.name })

  depends_on = [aws_internet_gateway.this]
}

resource "aws_route" "private_nat" {
  count = var.egress == "nat" ? 1 : 0

  route_table_id         = aws_route_table.private[0].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[0].id
}

# --- VPC endpoints of AWS services -------------------------------------------------------------------

# Free of charge, and recordings are most of the traffic.
resource "aws_vpc_endpoint" "s3" {
  count = var.private ? 1 : 0

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = aws_route_table.private[*].id
  tags              = merge(local.tags, { Name = "${var.name}-s3" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.vpc_endpoints ? toset(["sqs", "secretsmanager"]) : toset([])

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.endpoints[0].id]
  tags                = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_security_group" "endpoints" {
  count = var.vpc_endpoints ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "AWS services inside the network."
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = var.vpc_endpoints ? 1 : 0

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from this network"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}

# --- Security groups ---------------------------------------------------------------------------------

resource "aws_security_group" "this" {
  # checkov:skip=CKV2_AWS_5: other modules attach them
  for_each = {
    api       = "The API, wherever it runs."
    functions = "Worker and relay."
  }

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = aws_vpc.this.id
  tags        = merge(local.tags, { Name = "${var.name}-${each.key}" })
}

# To any address: those of OpenAI and AWS are not known in advance.
resource "aws_vpc_security_group_egress_rule" "ipv4" {
  for_each = aws_security_group.this

  security_group_id = each.value.id
  description       = "Out to AWS, OpenAI and the database"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "ipv6" {
  for_each = local.ipv6 ? aws_security_group.this : {}

  security_group_id = each.value.id
  description       = "Out to AWS and OpenAI"
  cidr_ipv6         = "::/0"
  ip_protocol       = "-1"
  tags              = local.tags
}
