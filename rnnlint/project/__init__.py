"""Files, folders and modules of a code base, and the versions that it pins."""
