"""What is known of Python's own functions, of objects and of the few libraries that build scripts lean on."""
