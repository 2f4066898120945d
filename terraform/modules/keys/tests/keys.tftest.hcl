mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name = "candor-test"
}

run "every_key_turns_each_year_and_is_not_gone_at_once" {
  command = apply

  assert {
    condition     = alltrue([for each in aws_kms_key.this : each.enable_key_rotation && each.deletion_window_in_days == 30])
    error_message = "A key does not turn, or is gone too soon."
  }
}

run "no_key_may_be_used_by_another_account" {
  command = apply

  assert {
    condition = alltrue(flatten([
      for each in aws_kms_key.this : [
        for statement in jsondecode(each.policy).Statement :
        can(statement.Principal.AWS) ? strcontains(statement.Principal.AWS, ":000000000000:") : length(statement.Condition) > 0
      ]
    ]))
    error_message = jsonencode([for each in aws_kms_key.this : each.policy])
  }
}

run "nodes_open_their_volumes_and_nothing_else" {
  command = apply

  assert {
    condition     = [for name, each in aws_kms_key.this : name if strcontains(each.policy, "AWSServiceRoleForAutoScaling")] == ["cluster"]
    error_message = "Nodes open more than their volumes."
  }
}
