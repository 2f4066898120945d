"""Plans of all engines in one model: what they read, whether that is affordable, and what would read less."""
