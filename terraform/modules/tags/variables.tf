variable "project" {
  description = "What is deployed; the first word of every name."
  type        = string
  default     = "candor"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,8}$", var.project))
    error_message = "A project is 2 to 9 lower-case letters and digits."
  }
}

variable "environment" {
  description = "Which installation this is; the second word of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "An environment is 2 to 10 lower-case letters and digits."
  }
}

variable "owner" {
  description = "The team that answers for it: an e-mail address."
  type        = string

  validation {
    condition     = can(regex("^[^@[:space:]]+@[^@[:space:]]+\\.[^@[:space:]]+$", var.owner))
    error_message = "An owner is an e-mail address."
  }
}

variable "cost_center" {
  description = "Where its cost is booked."
  type        = string

  validation {
    condition     = length(trimspace(var.cost_center)) > 0
    error_message = "A cost centre is not empty."
  }
}
