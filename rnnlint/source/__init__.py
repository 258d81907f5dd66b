"""The text of a file: reading, notebooks, limits."""
