"""Databases, secrets and storage behind the ports of `core`."""
