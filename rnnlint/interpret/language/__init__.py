"""The constructs of the language: each module registers its handlers with the machine."""
