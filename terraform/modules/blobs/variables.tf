variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "blobs_key_arn" {
  description = "The key of objects."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.blobs_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "deletion_protection" {
  description = "Whether it refuses to be destroyed, and leaves a last snapshot."
  type        = bool
  default     = true
}

variable "audit_days" {
  description = "How long a copy of the audit log can be changed by nobody, in days."
  type        = number
  default     = 2555

  validation {
    condition     = var.audit_days >= 1 && var.audit_days <= 3650
    error_message = "The audit log is locked for 1 to 3650 days."
  }
}
