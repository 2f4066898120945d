output "target_group_arns" {
  description = "The groups of the edge's pods, http and grpc, for TargetGroupBindings."
  value       = { for kind, group in aws_lb_target_group.this : kind => group.arn }
}

output "load_balancer_suffix" {
  description = "The load balancer as its metrics name it."
  value       = aws_lb.this.arn_suffix
}

output "target_group_suffixes" {
  description = "The groups as their metrics name them."
  value       = { for kind, group in aws_lb_target_group.this : kind => group.arn_suffix }
}

output "url" {
  description = "What people type."
  value       = "https://${var.domain}"
}
