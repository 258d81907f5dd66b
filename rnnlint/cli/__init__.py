"""The command line: one module per command, its options, the console, and what is tuned for the process."""
