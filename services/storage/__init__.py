"""Where things are kept: four ports, their adapters, and PostgreSQL."""
