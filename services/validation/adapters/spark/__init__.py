"""Spark: a process of its own that owns the session, and who drives it."""
