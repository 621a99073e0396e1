"""Settings, paths and the server."""
