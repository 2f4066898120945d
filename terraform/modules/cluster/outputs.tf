output "name" {
  description = "For `aws eks update-kubeconfig`; known once the cluster is there."
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "For policies."
  value       = aws_eks_cluster.this.arn
}

output "endpoint" {
  description = "The API's address."
  value       = aws_eks_cluster.this.endpoint
}

output "security_group_id" {
  description = "The group of nodes and pods, which databases let in."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "issuer" {
  description = "Who signs the tokens of ServiceAccounts."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}
