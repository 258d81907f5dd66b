"""The README's code blocks, for tests that run them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^(?:<!-- (.*) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The code blocks of one language, without those that a marker names for tools."""
    return [text for marker, found, text in _BLOCK.findall(README) if found == language and not marker]


def snippets(file: str) -> list[str]:
    """The YAML blocks whose first line says that they belong into `file`."""
    found = [text for text in blocks("yaml") if text.startswith(f"# {file}\n")]
    assert found, f"no snippet for {file}"
    return found


def load(text: str) -> dict[Any, Any]:
    """A snippet as data; the key `on` of a workflow is a boolean in YAML 1.1."""
    data = yaml.safe_load(text)
    assert isinstance(data, dict)
    return data
