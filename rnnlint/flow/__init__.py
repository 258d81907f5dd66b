"""From each recurrent layer back to the dropouts that reach it."""
