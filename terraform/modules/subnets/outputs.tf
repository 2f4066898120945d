output "private" {
  description = "For nodes and pods: a block for each zone, with a way out through NAT."
  value       = local.private
}

output "data" {
  description = "For databases: a block for each zone, with no way out."
  value       = local.data
}

output "public" {
  description = "For the load balancer and NAT: a block for each zone."
  value       = local.public
}
