"""How fast rnnlint is beside other linters: `python -m tests.benchmarks`. Reports, and fails on nothing."""
