"""`python -m rnnlint`."""

from rnnlint.cli.program import main

if __name__ == "__main__":
    main()
