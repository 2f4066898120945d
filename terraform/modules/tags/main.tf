# The tags that every resource carries, checked once. No provider: `tofu test` runs it without a cloud.

locals {
  tags = {
    Project     = var.project
    Environment = var.environment
    Owner       = var.owner
    CostCenter  = var.cost_center
    ManagedBy   = "terraform"
  }

  # The prefix of every name; 20 characters leave room in the shortest limit, a load balancer's 32.
  name = "${var.project}-${var.environment}"
}
