"""Candor's services, and the platform that runs them on one machine (`python -m services`)."""
