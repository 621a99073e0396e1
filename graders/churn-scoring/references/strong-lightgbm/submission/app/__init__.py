"""Churn scoring with LightGBM."""
