"""What a statement that may run probably gets wrong: each rule follows from the semantics of SQL and the keys."""
