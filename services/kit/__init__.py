"""What every service is built with. It knows no service."""
