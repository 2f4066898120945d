variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "secrets_key_arn" {
  description = "The key of secrets."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.secrets_key_arn))
    error_message = "A key is named by its ARN."
  }
}

variable "database_endpoint" {
  description = "Where PostgreSQL writes."
  type        = string
}

variable "values_version" {
  description = "One more than before makes every value anew, MASTER KEYS TOO: what the old ones sealed is lost."
  type        = number
  default     = 1

  validation {
    condition     = var.values_version >= 1 && floor(var.values_version) == var.values_version
    error_message = "A version is 1, 2, 3 and so on."
  }
}
