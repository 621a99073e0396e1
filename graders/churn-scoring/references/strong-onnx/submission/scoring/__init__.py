"""Churn scoring: scikit-learn trains, ONNX Runtime scores."""
