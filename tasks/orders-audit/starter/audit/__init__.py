"""Cleans the order exports and answers the questions about them."""
