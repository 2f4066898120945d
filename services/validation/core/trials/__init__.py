"""Trials of statements at sizes that the data does not have yet: what to sample, how to multiply it, what it tells."""
