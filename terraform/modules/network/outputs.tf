output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its IPv4 addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets with an internet gateway."
  value       = aws_subnet.public[*].id

  depends_on = [aws_route.public, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Subnets without public addresses; empty if there are none."
  value       = aws_subnet.private[*].id

  # Resources in them need their internet access.
  depends_on = [aws_route.private_ipv6, aws_route.private_nat, aws_route_table_association.private, aws_vpc_endpoint.interface]
}

output "security_group_ids" {
  description = "Security groups: api, functions."
  value       = { for name, group in aws_security_group.this : name => group.id }
}

output "ipv6" {
  description = "Whether the private subnets reach the internet by IPv6."
  value       = local.ipv6
}
