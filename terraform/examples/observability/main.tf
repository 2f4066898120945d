# Alarms of parts that are already there, told to one address.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "observability" {
  source = "../../modules/observability"

  name                  = "candor-example"
  emails                = ["on-call@candor.example"]
  logs_key_arn          = module.keys.arns["logs"]
  database_id           = "candor-example"
  records_id            = "candor-example-records"
  load_balancer_suffix  = "app/candor-example-edge/0123456789abcdef"
  target_group_suffixes = { http = "targetgroup/candor-example-edge-http/0123456789abcdef" }
  nat_gateway_ids       = { eu-central-1a = "nat-0123456789abcdef0" }
  cache_node_ids        = { 0 = "candor-example-001" }
}
