"""Items with stock, and orders at a price that another service names."""
