variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "cidr" {
  description = "The network's addresses: a private block from /16 to /18."
  type        = string
}

variable "zones" {
  description = "The availability zones by name, two to four; one more is added at the end."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == length(var.zones) && length(var.zones) >= 2 && length(var.zones) <= 4
    error_message = "A network has two to four zones, each once."
  }
}

variable "nat_in_every_zone" {
  description = "Whether each zone has a NAT gateway of its own; else all share one, and depend on its zone."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "The AWS services that are reached by private addresses; each costs by zone and hour."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "eks-auth", "kms", "logs", "secretsmanager", "sts"]
}

variable "logs_key_arn" {
  description = "The key of logs."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.logs_key_arn))
    error_message = "A key is named by its ARN."
  }
}
