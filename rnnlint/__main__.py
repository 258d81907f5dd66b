"""`python -m rnnlint`."""

from rnnlint.cli import main

if __name__ == "__main__":
    main()
