variables {
  cidr = "10.20.0.0/16"
}

run "each_zone_has_room_for_pods_and_little_that_faces_outwards" {
  command = plan

  assert {
    condition     = output.private == ["10.20.0.0/19", "10.20.32.0/19", "10.20.64.0/19"]
    error_message = jsonencode(output.private)
  }

  assert {
    condition     = output.data == ["10.20.224.0/24", "10.20.225.0/24", "10.20.226.0/24"]
    error_message = jsonencode(output.data)
  }

  assert {
    condition     = output.public == ["10.20.240.0/26", "10.20.240.64/26", "10.20.240.128/26"]
    error_message = jsonencode(output.public)
  }
}

run "a_zone_more_moves_no_other" {
  command = plan

  variables {
    zone_count = 4
  }

  assert {
    condition     = slice(output.private, 0, 3) == ["10.20.0.0/19", "10.20.32.0/19", "10.20.64.0/19"]
    error_message = jsonencode(output.private)
  }

  assert {
    condition     = slice(output.public, 0, 3) == ["10.20.240.0/26", "10.20.240.64/26", "10.20.240.128/26"]
    error_message = jsonencode(output.public)
  }

  assert {
    condition     = length(distinct(concat(output.private, output.data, output.public))) == 12
    error_message = "Two subnets have the same addresses."
  }
}

run "a_load_balancer_finds_its_eight_addresses_in_the_smallest_network" {
  command = plan

  variables {
    cidr = "10.20.0.0/18"
  }

  # Amazon asks for a /27 at least.
  assert {
    condition     = alltrue([for block in output.public : tonumber(split("/", block)[1]) <= 28])
    error_message = jsonencode(output.public)
  }
}

run "public_addresses_are_no_network" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

run "a_small_network_is_refused" {
  command = plan

  variables {
    cidr = "10.20.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "a_network_starts_at_its_first_address" {
  command = plan

  variables {
    cidr = "10.20.3.0/16"
  }

  expect_failures = [var.cidr]
}

run "one_zone_is_too_few" {
  command = plan

  variables {
    zone_count = 1
  }

  expect_failures = [var.zone_count]
}
