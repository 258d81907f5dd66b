"""The settings of `[tool.rnnlint]`."""
