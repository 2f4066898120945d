# Production: three zones, nothing that is there once alone. Sizes are docs/costs.md's for 100 organizations.
environment = "production"
region      = "eu-central-1"
account_id  = "222222222222"

owner       = "platform@candor.example"
cost_center = "platform"
emails      = ["platform@candor.example", "on-call@candor.example"]
monthly_usd = 4000

domain          = "candor.example"
zone_id         = "Z0000000000000000000B"
repository      = "candor/candor"
admin_role_arns = ["arn:aws:iam::222222222222:role/administrators"]

cidr              = "10.30.0.0/16"
zones             = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
nat_in_every_zone = true

node_groups = {
  system = { instance_types = ["m7i.xlarge"], min = 3, max = 30 }
  batch  = { instance_types = ["m7i.xlarge", "m6i.xlarge", "m5.xlarge", "m7a.xlarge"], min = 0, max = 30, spot = true }
}

database   = { instances = 2, min_acu = 2, max_acu = 64 }
cache      = { nodes = 3, node_type = "cache.m7g.large" }
records    = { instances = 3, instance_class = "db.r6g.large" }
audit_days = 2555
