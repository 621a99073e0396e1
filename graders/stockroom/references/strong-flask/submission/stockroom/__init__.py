"""Stockroom: items with stock, and orders priced by an upstream service. Flask on waitress."""
