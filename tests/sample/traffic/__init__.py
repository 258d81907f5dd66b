"""Forecasts the number of cars that pass a counting loop."""
