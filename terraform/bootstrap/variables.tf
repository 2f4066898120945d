variable "environment" {
  description = "Which installation this is; the second word of every name."
  type        = string
}

variable "owner" {
  description = "The team that answers for it: an e-mail address."
  type        = string
}

variable "cost_center" {
  description = "Where its cost is booked."
  type        = string
}

variable "region" {
  description = "Where it is."
  type        = string
}

variable "account_id" {
  description = "The account it is in; each environment has its own, and no other is touched."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account is twelve digits."
  }
}

variable "create_autoscaling_role" {
  description = "Whether the account has no role of auto scaling yet: `aws iam get-role --role-name AWSServiceRoleForAutoScaling`."
  type        = bool
}
