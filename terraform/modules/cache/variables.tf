variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets with no way out of the network, in two zones at least."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A store is in two zones at least."
  }
}

variable "client_security_group_id" {
  description = "The one group that is let in."
  type        = string
}

variable "data_key_arn" {
  description = "The key of what is stored."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.data_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "secrets_key_arn" {
  description = "The key of the token."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.secrets_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "logs_key_arn" {
  description = "The key of logs."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.logs_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "node_type" {
  description = "The machine of each node."
  type        = string
  default     = "cache.t4g.small"

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "A node's machine starts with cache."
  }
}

variable "node_count" {
  description = "Nodes in all: one that writes, the others ready to take over."
  type        = number
  default     = 2

  validation {
    condition     = var.node_count >= 1 && var.node_count <= 6
    error_message = "A cache has 1 to 6 nodes."
  }
}

variable "token_version" {
  description = "One more than before makes and sets a new token."
  type        = number
  default     = 1
}
