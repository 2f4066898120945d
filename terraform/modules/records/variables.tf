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

variable "instance_class" {
  description = "The machine of each instance."
  type        = string
  default     = "db.t4g.medium"

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "An instance's machine starts with db."
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
