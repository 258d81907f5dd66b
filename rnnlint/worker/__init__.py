"""The worker: imports Keras and the standard library, and nothing of rnnlint. Runs under Python 3.8 and later."""
