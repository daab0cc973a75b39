output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its IPv4 addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets with a way in and out."
  value       = aws_subnet.public[*].id

  depends_on = [aws_route.public, aws_route_table_association.public]
}

output "private_subnet_ids" {
  description = "Subnets nobody reaches from outside; empty where there are none."
  value       = aws_subnet.private[*].id

  # What runs in them wants its way out to be there.
  depends_on = [aws_route.private_ipv6, aws_route.private_nat, aws_route_table_association.private, aws_vpc_endpoint.interface]
}

output "security_group_ids" {
  description = "Security groups: api, functions."
  value       = { for name, group in aws_security_group.this : name => group.id }
}

output "ipv6" {
  description = "Whether the way out is IPv6."
  value       = local.ipv6
}
