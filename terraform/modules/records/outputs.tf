output "id" {
  description = "For alarms."
  value       = aws_docdb_cluster.this.cluster_identifier
}

output "endpoint" {
  description = "Where the instance that writes is."
  value       = aws_docdb_cluster.this.endpoint
}

output "administrator_secret_arn" {
  description = "The secret with the administrator's name and password."
  value       = aws_docdb_cluster.this.master_user_secret[0].secret_arn
}
