variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}
