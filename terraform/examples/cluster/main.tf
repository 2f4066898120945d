# A cluster of two nodes, and up to ten that may be interrupted.

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

module "cluster" {
  source = "../../modules/cluster"

  name            = "candor-example"
  subnet_ids      = module.network.private_subnet_ids
  admin_role_arns = ["arn:aws:iam::111111111111:role/administrators"]
  cluster_key_arn = module.keys.arns["cluster"]
  logs_key_arn    = module.keys.arns["logs"]

  node_groups = {
    system = { instance_types = ["m7i.large"], min = 2, max = 4 }
    batch  = { instance_types = ["m7i.large", "m6i.large", "m5.large"], min = 0, max = 10, spot = true }
  }
}
