"""Nothing is examined when all is over: each run was examined when it ended."""
