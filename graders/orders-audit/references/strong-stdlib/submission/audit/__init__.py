"""Cleans order exports and answers four questions about them."""
