"""Stockroom: a starting point. Change, move or replace anything."""
