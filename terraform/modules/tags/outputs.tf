output "tags" {
  description = "For the provider's default_tags."
  value       = local.tags
}

output "name" {
  description = "The prefix of every name."
  value       = local.name
}
