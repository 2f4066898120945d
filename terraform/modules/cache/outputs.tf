output "node_ids" {
  description = "For alarms."
  value       = { for index in range(var.node_count) : tostring(index) => format("%s-%03d", var.name, index + 1) }
}

output "secret_arn" {
  description = "The secret with the cache's URL, token included."
  value       = aws_secretsmanager_secret.this.arn
}
