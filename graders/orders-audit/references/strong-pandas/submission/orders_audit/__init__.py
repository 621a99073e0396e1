"""Audit of order exports, with pandas."""
