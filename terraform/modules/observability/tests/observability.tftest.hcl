mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name                  = "candor-test"
  emails                = ["on-call@candor.example"]
  logs_key_arn          = "arn:aws:kms:eu-central-1:000000000000:key/mock"
  database_id           = "candor-test"
  records_id            = "candor-test-records"
  load_balancer_suffix  = "app/mock/1"
  target_group_suffixes = { http = "targetgroup/mock/1" }
  nat_gateway_ids       = { eu-central-1a = "nat-a", eu-central-1b = "nat-b" }
  cache_node_ids        = { 0 = "candor-test-001", 1 = "candor-test-002" }
}

run "every_alarm_tells_somebody_when_it_starts_and_when_it_ends" {
  command = apply

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 16 + 2 * 2 + 3 * 2
    error_message = jsonencode(output.alarm_names)
  }

  assert {
    condition     = alltrue([for each in aws_cloudwatch_metric_alarm.this : length(each.alarm_actions) == 1 && length(each.ok_actions) == 1])
    error_message = "An alarm is heard by nobody."
  }

  assert {
    condition     = alltrue([for each in aws_cloudwatch_metric_alarm.this : length(each.dimensions) > 0 && length(each.alarm_description) > 15])
    error_message = "An alarm watches everything, or does not say what it means."
  }
}

run "too_few_healthy_pods_alarm_and_too_many_failing_ones_do" {
  command = apply

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["edge-deserted"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.this["edge-failing"].comparison_operator == "GreaterThanThreshold"
    error_message = "An alarm looks the wrong way."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["edge-deserted"].treat_missing_data == "breaching" && aws_cloudwatch_metric_alarm.this["edge-5xx"].treat_missing_data == "notBreaching"
    error_message = "Silence is taken for the wrong thing."
  }
}

run "what_is_measured_seldom_is_looked_at_by_the_hour" {
  command = apply

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-storage"].period == 3600 && aws_cloudwatch_metric_alarm.this["database-storage"].datapoints_to_alarm == 1
    error_message = "It would wait for points that never come."
  }
}

run "what_is_not_there_is_not_watched" {
  command = plan

  variables {
    records_id     = null
    cache_node_ids = {}
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 12 + 2 * 2
    error_message = jsonencode(keys(aws_cloudwatch_metric_alarm.this))
  }
}

run "an_alarm_that_nobody_hears_is_refused" {
  command = plan

  variables {
    emails = []
  }

  expect_failures = [var.emails]
}
