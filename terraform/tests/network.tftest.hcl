# The network module, against a mocked provider: subnets, routes and access.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_resource "aws_vpc" {
    defaults = { ipv6_cidr_block = "2001:db8:1234:1a00::/56" }
  }
}

variables {
  name    = "memo"
  region  = "us-east-1"
  private = true
  egress  = "nat"
}

run "with_nat" {
  module { source = "./modules/network" }

  assert {
    condition     = aws_subnet.public[*].cidr_block == ["10.42.0.0/20", "10.42.16.0/20"] && aws_subnet.private[*].cidr_block == ["10.42.128.0/20", "10.42.144.0/20"]
    error_message = "There must be two public and two private subnets with different blocks."
  }

  assert {
    condition     = length(distinct(aws_subnet.private[*].availability_zone)) == 2
    error_message = "The private subnets must be in two zones: a database requires it."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && aws_route.private_nat[0].destination_cidr_block == "0.0.0.0/0" && length(aws_egress_only_internet_gateway.this) == 0
    error_message = "The private subnets must reach the internet by NAT only."
  }

  assert {
    condition     = aws_route_table_association.private[0].route_table_id != aws_route_table_association.public[0].route_table_id
    error_message = "Private subnets must not share the public route."
  }

  assert {
    condition     = aws_vpc_endpoint.s3[0].service_name == "com.amazonaws.us-east-1.s3" && length(aws_vpc_endpoint.interface) == 0
    error_message = "There must be an endpoint for S3, which is free, and no others by default."
  }

  assert {
    condition     = sort(keys(output.security_group_ids)) == tolist(["api", "functions"])
    error_message = "There must be a security group for the API and one for the functions."
  }
}

run "with_ipv6" {
  module { source = "./modules/network" }

  variables {
    egress        = "ipv6"
    vpc_endpoints = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_eip.nat) == 0 && aws_route.private_ipv6[0].destination_ipv6_cidr_block == "::/0"
    error_message = "The private subnets must reach the internet by an egress-only gateway, without NAT."
  }

  assert {
    condition     = aws_subnet.private[0].ipv6_cidr_block == "2001:db8:1234:1a00::/64" && aws_subnet.private[1].ipv6_cidr_block == "2001:db8:1234:1a01::/64"
    error_message = "Each private subnet must have its own IPv6 block."
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sqs", "secretsmanager"])
    error_message = "The optional endpoints for SQS and Secrets Manager must exist."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.42.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "Endpoints must accept HTTPS from this network only."
  }
}

run "public_only" {
  module { source = "./modules/network" }

  variables {
    private = false
    egress  = "none"
  }

  assert {
    condition     = length(aws_subnet.private) + length(aws_nat_gateway.this) + length(aws_vpc_endpoint.s3) == 0
    error_message = "There must be no private subnets and no resources with a price."
  }
}

run "refuses_one_zone" {
  command = plan
  module { source = "./modules/network" }

  override_data {
    target = data.aws_availability_zones.here
    values = { names = ["us-east-1a"] }
  }

  expect_failures = [aws_vpc.this]
}

run "refuses_numbers_aws_would_refuse" {
  command = plan
  module { source = "./modules/network" }

  variables {
    cidr   = "10.0.0.0/8"
    egress = "tunnel"
  }

  expect_failures = [var.cidr, var.egress]
}

run "refuses_egress_without_private_subnets" {
  command = plan
  module { source = "./modules/network" }

  variables {
    private       = false
    vpc_endpoints = true
  }

  expect_failures = [var.egress, var.vpc_endpoints]
}
