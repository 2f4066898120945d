variable "name" {
  description = "The prefix of every name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,19}$", var.name))
    error_message = "A name is 3 to 20 lower-case letters, digits and dashes."
  }
}

variable "monthly_usd" {
  description = "What a month may cost, in USD; docs/costs.md says what it does."
  type        = number

  validation {
    condition     = var.monthly_usd > 0
    error_message = "A budget is above zero."
  }
}

variable "topic_arn" {
  description = "Where notifications go."
  type        = string
}
