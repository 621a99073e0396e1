"""Trains, applies and serves a model of customer churn."""
