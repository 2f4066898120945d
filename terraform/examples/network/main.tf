# A network of two zones that share a NAT gateway.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "network" {
  source = "../../modules/network"

  name              = "candor-example"
  cidr              = "10.40.0.0/16"
  zones             = ["eu-central-1a", "eu-central-1b"]
  nat_in_every_zone = false
  logs_key_arn      = module.keys.arns["logs"]
}

output "private_subnet_ids" {
  description = "Where nodes would be."
  value       = module.network.private_subnet_ids
}
