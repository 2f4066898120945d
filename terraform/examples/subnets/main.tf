# Which addresses a network of three zones gives to whom.

module "subnets" {
  source = "../../modules/subnets"

  cidr       = "10.40.0.0/16"
  zone_count = 3
}

output "subnets" {
  description = "By purpose, then by zone."
  value       = { private = module.subnets.private, data = module.subnets.data, public = module.subnets.public }
}
