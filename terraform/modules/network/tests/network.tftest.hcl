mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "000000000000" }
  }

  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name         = "candor-test"
  cidr         = "10.20.0.0/16"
  zones        = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  logs_key_arn = "arn:aws:kms:eu-central-1:000000000000:key/mock"
}

run "databases_have_no_way_out" {
  command = apply

  assert {
    condition     = aws_route_table.data.route == null
    error_message = jsonencode(aws_route_table.data.route)
  }
}

run "no_subnet_gives_public_addresses" {
  command = apply

  assert {
    condition     = alltrue([for each in aws_subnet.public : !each.map_public_ip_on_launch])
    error_message = "What is started there is public."
  }
}

run "each_zone_goes_out_by_itself" {
  command = apply

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "A lost zone takes others with it."
  }
}

run "a_cheap_network_has_one_way_out" {
  command = apply

  variables {
    nat_in_every_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1
    error_message = "It pays for more."
  }
}

run "a_zone_twice_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.zones]
}
