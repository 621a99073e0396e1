"""A network that scores customers."""
