# Staging: production's shape at its smallest, cheap and easily lost.
environment = "staging"
region      = "eu-central-1"
account_id  = "111111111111"

owner       = "platform@candor.example"
cost_center = "platform"
emails      = ["platform@candor.example"]
monthly_usd = 1500

domain          = "staging.candor.example"
zone_id         = "Z0000000000000000000A"
repository      = "candor/candor"
admin_role_arns = ["arn:aws:iam::111111111111:role/administrators"]

cidr              = "10.20.0.0/16"
zones             = ["eu-central-1a", "eu-central-1b"]
nat_in_every_zone = false

node_groups = {
  system = { instance_types = ["m7i.large"], min = 2, max = 4 }
  batch  = { instance_types = ["m7i.large", "m6i.large", "m5.large"], min = 0, max = 4, spot = true }
}

database   = { instances = 1, min_acu = 0.5, max_acu = 4 }
cache      = { nodes = 1, node_type = "cache.t4g.micro" }
records    = { instances = 1, instance_class = "db.t4g.medium" }
audit_days = 1

deletion_protection = false
