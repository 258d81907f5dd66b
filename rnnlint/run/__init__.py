"""Many files: the loop over them, processes, the cache."""
