# The tags of an environment, as a provider takes them in default_tags.

module "tags" {
  source = "../../modules/tags"

  environment = "example"
  owner       = "platform@candor.example"
  cost_center = "platform"
}

output "tags" {
  description = "What every resource would carry."
  value       = module.tags.tags
}
