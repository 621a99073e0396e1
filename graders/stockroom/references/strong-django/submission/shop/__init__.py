"""Items, orders and users."""
