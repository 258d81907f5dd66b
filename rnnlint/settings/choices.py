"""What settings may be, and what they are where nothing is said."""

from __future__ import annotations

AUTO = "auto"
ALL = "ALL"
# Each format is a module of `rnnlint.output`, with `_` for `-`.
FORMATS = ("full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "rdjson")
CONFIDENCES = ("certain", "possible")
TIMESTEP_LOSS_THRESHOLD = 0.01  # the probability that a timestep is lost
CONFIRM_TIMEOUT = 60.0  # seconds for each model
CONFIRM_MEMORY = 8.0  # GiB for each model

# ruff's list and our own cache, without `build` and `dist` of other tools' making: patterns match below the folder they
# belong to only.
DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".rnnlint_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
