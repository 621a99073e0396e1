"""Nothing is examined when all is over."""
