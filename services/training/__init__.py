"""Training of the built-in engine's parser: `candor train`. Needs the `train` extra; nothing that serves imports it."""
