variables {
  environment = "staging"
  owner       = "platform@example.com"
  cost_center = "4711"
}

run "every_tag_has_a_value" {
  command = plan

  assert {
    condition     = alltrue([for value in values(output.tags) : length(value) > 0])
    error_message = "A tag is empty."
  }

  assert {
    condition     = output.name == "candor-staging"
    error_message = "The name is ${output.name}."
  }
}

run "the_longest_name_fits_a_load_balancer" {
  command = plan

  variables {
    project     = "candidate"
    environment = "production"
  }

  assert {
    condition     = length("${output.name}-edge-http") <= 32
    error_message = "The name has ${length(output.name)} characters."
  }
}

run "an_owner_is_an_address" {
  command = plan

  variables {
    owner = "the platform team"
  }

  expect_failures = [var.owner]
}

run "an_environment_has_no_dash" {
  command = plan

  variables {
    environment = "pre-production"
  }

  expect_failures = [var.environment]
}

run "a_cost_center_is_not_blank" {
  command = plan

  variables {
    cost_center = " "
  }

  expect_failures = [var.cost_center]
}
