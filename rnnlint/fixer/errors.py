"""What goes wrong where a file is to be changed."""

from __future__ import annotations


class ApplyError(Exception):
    """The file cannot be changed so that the rest of it stays as it is; the message says why."""
