# The secrets of a database that is elsewhere.

provider "aws" {
  region = "eu-central-1"
}

module "keys" {
  source = "../../modules/keys"

  name = "candor-example"
}

module "secrets" {
  source = "../../modules/secrets"

  name              = "candor-example"
  database_endpoint = "postgresql.example"
  secrets_key_arn   = module.keys.arns["secrets"]
}
