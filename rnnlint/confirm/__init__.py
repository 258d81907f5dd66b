"""Confirming findings: plans for the worker, the worker's process, and verdicts on what it observed.

Nothing here imports Keras; the worker (`worker/`) runs under the user's Python and imports nothing of rnnlint.
"""
