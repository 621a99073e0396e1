"""Who will stay: scores customers with XGBoost."""
