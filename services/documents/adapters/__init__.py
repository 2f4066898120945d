"""How documents reaches validation and its own database."""
