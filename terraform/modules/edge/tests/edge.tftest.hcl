mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name                      = "candor-test"
  domain                    = "candor.example"
  zone_id                   = "Z0000000000000000000A"
  vpc_id                    = "vpc-mock"
  public_subnet_ids         = ["subnet-a", "subnet-b"]
  cluster_security_group_id = "sg-cluster"
  logs_bucket               = "candor-test-logs"
}

run "cloudfront_alone_gets_in" {
  command = apply

  assert {
    condition     = aws_vpc_security_group_ingress_rule.cloudfront.prefix_list_id == data.aws_ec2_managed_prefix_list.cloudfront.id && aws_vpc_security_group_ingress_rule.cloudfront.cidr_ipv4 == null
    error_message = "Others get in."
  }

  assert {
    condition     = aws_lb_listener.this.default_action[0].fixed_response[0].status_code == "403"
    error_message = "Another distribution gets in."
  }

  assert {
    condition     = alltrue([for each in aws_lb_listener_rule.this : anytrue([for condition in each.condition : one(condition.http_header).values == toset([terraform_data.word.output])])])
    error_message = "A rule does not ask for the word."
  }
}

run "grpc_goes_to_http2_and_the_rest_to_http1" {
  command = apply

  assert {
    condition     = aws_lb_target_group.this["grpc"].protocol_version == "GRPC" && aws_lb_target_group.this["http"].protocol_version == "HTTP1"
    error_message = "A protocol is lost."
  }

  assert {
    condition     = aws_lb_listener_rule.this["grpc"].priority < aws_lb_listener_rule.this["http"].priority
    error_message = "gRPC is taken for HTTP."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].grpc_config[0].enabled && contains(aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods, "POST")
    error_message = "CloudFront passes no gRPC."
  }
}

run "a_question_in_sql_is_counted_and_not_turned_away" {
  command = apply

  assert {
    condition = anytrue([
      for rule in aws_wafv2_web_acl.this.rule : length(try(rule.statement[0].managed_rule_group_statement[0].rule_action_override, [])) == 4
    ])
    error_message = "The firewall turns questions away."
  }
}
