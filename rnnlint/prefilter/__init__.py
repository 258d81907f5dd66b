"""Which files and which definitions can hold a finding, by their bytes and by `ast`."""
