"""Great Expectations, run in a process of its own that can neither reach the network nor write a file."""
