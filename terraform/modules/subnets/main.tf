# Which addresses each subnet has. No provider: `tofu test` runs it without a cloud.
#
# A /16 becomes, in each zone: a /19 for nodes and pods, which each take an address of the VPC; a /24 for databases; and
# a /26 for what faces outwards, which is a load balancer and a NAT gateway and no more.

locals {
  zones = range(var.zone_count)

  private = [for zone in local.zones : cidrsubnet(var.cidr, 3, zone)]

  # The last eighth of the network is cut again, so that adding a zone moves nothing.
  last   = cidrsubnet(var.cidr, 3, 7)
  data   = [for zone in local.zones : cidrsubnet(local.last, 5, zone)]
  public = [for zone in local.zones : cidrsubnet(local.last, 7, 64 + zone)]
}
