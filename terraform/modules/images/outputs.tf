output "registry" {
  description = "What stands before candor/<workload> in an image's name."
  value       = split("/", values(aws_ecr_repository.this)[0].repository_url)[0]
}

output "arns" {
  description = "The repositories by workload."
  value       = { for workload, repository in aws_ecr_repository.this : workload => repository.arn }
}
