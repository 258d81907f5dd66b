"""Findings that are not reported: comments and the baseline."""
