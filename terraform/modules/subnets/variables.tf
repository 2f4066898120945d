variable "cidr" {
  description = "The network's addresses: a private block from /16 to /18."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && cidrhost(var.cidr, 0) == split("/", var.cidr)[0]
    error_message = "A network is written as its first address and its prefix, as 10.20.0.0/16."
  }

  validation {
    condition     = can(regex("/1[678]$", var.cidr))
    error_message = "A network is a /16, /17 or /18: pods take an address each."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.)", var.cidr))
    error_message = "A network has private addresses (RFC 1918)."
  }
}

variable "zone_count" {
  description = "How many availability zones: two at least, since Aurora and EKS ask for two."
  type        = number
  default     = 3

  validation {
    condition     = contains([2, 3, 4], var.zone_count)
    error_message = "A network has two to four zones."
  }
}
