"""How a policy is applied: to a catalogue (`restrict`), to a statement (`apply`, proven by `verify`), to itself."""
