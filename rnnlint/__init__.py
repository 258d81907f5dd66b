"""rnnlint finds dropout misuse around recurrent layers in Keras code.

`check_source` lints a text, `check_paths` files and folders; both give `Finding`s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlint.version import __version__

if TYPE_CHECKING:
    from rnnlint.api import check_paths, check_source
    from rnnlint.findings import Finding

__all__ = ["Finding", "__version__", "check_paths", "check_source"]

# Imported when asked for: `import rnnlint` costs the command line nothing.
_HOME = {"Finding": "rnnlint.findings", "check_source": "rnnlint.api", "check_paths": "rnnlint.api"}


def __getattr__(name: str) -> object:
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
