output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "For the load balancer."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "For nodes and pods."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "data_subnet_ids" {
  description = "For databases."
  value       = [for zone in var.zones : aws_subnet.data[zone].id]
}

output "nat_gateway_ids" {
  description = "By zone; alarms watch them."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}

output "data_cidrs" {
  description = "Where databases are, for policies of the cluster."
  value       = module.subnets.data
}
