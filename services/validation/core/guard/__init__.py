"""The SQL guard, one file per layer; `guard.check` applies them in order."""
