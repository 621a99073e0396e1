"""Nothing is examined when all is over: each run and each instance was examined at its time."""
