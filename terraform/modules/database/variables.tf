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
  description = "The key of the administrator's password."
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

variable "deletion_protection" {
  description = "Whether it refuses to be destroyed, and leaves a last snapshot."
  type        = bool
  default     = true
}

variable "engine_version" {
  description = "PostgreSQL's version, with pgvector; raise it here when Aurora has raised the minor by itself."
  type        = string
  default     = "17.7"

  validation {
    condition     = can(regex("^1[6-9]\\.[0-9]+$", var.engine_version))
    error_message = "PostgreSQL is 16 or later, written as major.minor."
  }
}

variable "instance_count" {
  description = "Instances in all: one for staging, two at least where a zone may fail."
  type        = number
  default     = 2

  validation {
    condition     = var.instance_count >= 1 && var.instance_count <= 16
    error_message = "A cluster has 1 to 16 instances."
  }
}

variable "min_acu" {
  description = "The least capacity of each instance, in ACU (about 2 GiB each); it keeps the cache warm."
  type        = number
  default     = 1

  validation {
    condition     = var.min_acu >= 0.5 && floor(var.min_acu * 2) == var.min_acu * 2
    error_message = "Capacity goes by halves, and a database that sleeps wakes too slowly for a person."
  }
}

variable "max_acu" {
  description = "The most capacity of each instance, in ACU: a limit on cost too."
  type        = number
  default     = 16

  validation {
    condition     = var.max_acu > var.min_acu && var.max_acu <= 256
    error_message = "The most is above the least, and 256 at most."
  }
}
