"""Fuzzing: `pip install atheris`, then `python -m tests.fuzz --minutes 30 --folder FOLDER`. Not part of the tests."""
