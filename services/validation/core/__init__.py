"""What validation decides, with no I/O: the SQL guard, name resolution and the use cases."""
