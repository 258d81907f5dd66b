"""What has to come together in code before a rule can speak of it: by the bytes of a file, then by its `ast`.

A rule about dropout before a recurrent layer needs a name of each. The names are searched as parts of words, in strings
as well, since `getattr(layers, "LSTM")` is a layer, too. Both answers err on the side of "it is there".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

Ingredients: TypeAlias = frozenset[str]

# Ingredient -> what names it. The classes of all Keras versions contain one of these words.
NAMES: dict[str, tuple[str, ...]] = {
    "keras": ("keras",),
    "dropout layer": ("Dropout",),
    "recurrent layer": ("LSTM", "GRU", "RNN", "Bidirectional"),
    "cell": ("Cell",),
    "dropout": ("dropout",),
    "recurrent dropout": ("recurrent_dropout", "dropout_U"),
    "noise shape": ("noise_shape",),
    "masking": ("Masking",),
    "embedding": ("Embedding",),
    "time-distributed": ("TimeDistributed",),
    "use_cudnn": ("use_cudnn",),
    "implementation": ("implementation",),
    "lambda": ("Lambda",),
    "training": ("training",),
    "seed": ("seed",),
}
# Arguments without their names (a dropout layer's second, a recurrent layer's third), and a rate that is no number from
# 0 to below 1: only the code itself can tell.
POSITIONAL = "positional"
ODD_RATE = "odd rate"
_LATER = frozenset({POSITIONAL, ODD_RATE})
EVERYTHING: Ingredients = frozenset(NAMES) | _LATER

_BYTES = {name: tuple(part.encode() for part in parts) for name, parts in NAMES.items()}
# Without one of these, no rule has anything to say.
MARKS = (b"ropout", *_BYTES["recurrent layer"], b"cudnn")


def in_bytes(data: bytes) -> Ingredients:
    """The ingredients that a file may hold by its bytes; those that come with none of `MARKS` count only with one."""
    if not any(mark in data for mark in MARKS):
        return frozenset({"keras"}) if b"keras" in data else frozenset()
    return _LATER.union(name for name, parts in _BYTES.items() if any(part in data for part in parts))


def in_code(tree: ast.Module) -> Ingredients:
    """The ingredients that the code uses, aliases resolved: what it only imports, defines or writes in prose is none.

    A name that is imported under another one counts where that is used, or where it is used nowhere here (another
    module may use it).
    """
    walk = _Walk()
    walk.run(tree)
    return walk.found()


class _Walk:
    """Collects the words that a tree refers to, and looks at the calls of what may be a layer's class."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.aliases: dict[str, str] = {}
        self.calls: list[ast.Call] = []
        self.values: set[str] = set()

    def run(self, tree: ast.AST) -> None:
        """Walk without recursion: by hand, since most of the time of the gate is spent here."""
        stack: list[ast.AST] = [tree]
        words, values = self.words, self.values
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name):
                words.add(node.id)
                values.add(node.id)
            elif isinstance(node, ast.Constant):
                if isinstance(node.value, str) and _NAMES_ONLY.fullmatch(node.value):
                    words.add(node.value)
                    values.add(node.value)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
                values.add(node.attr)
                stack.append(node.value)
            elif isinstance(node, ast.Call):
                stack.extend(self._of_call(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or ""
                for alias in node.names:
                    name = f"{module}.{alias.name}" if module else alias.name
                    self.aliases[alias.asname or alias.name] = name
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):  # but for docstrings
                if isinstance(node, (ast.keyword, ast.arg)) and node.arg:
                    words.add(node.arg)
                for name in node._fields:
                    inner = getattr(node, name, None)
                    if isinstance(inner, list):
                        stack.extend(one for one in inner if isinstance(one, ast.AST))
                    elif isinstance(inner, ast.AST) and name != "ctx":
                        stack.append(inner)

    def found(self) -> Ingredients:
        """What the words stand for."""
        words = set(self.words)
        for alias, name in self.aliases.items():
            # Of `from m import LSTM` whoever uses the name says it again; of `LSTM as L` nobody has to.
            if alias in self.words or alias != name.rpartition(".")[2]:
                words.add(name)
            elif "keras" in name:
                words.add("keras")
        text = "\n".join(words)
        later = {name for call in self.calls for name in self._odd(call)}
        if any(self._is(name, _DROPOUTS + _RECURRENT) for name in self.values):
            later |= _LATER  # a class as a value may be called with anything
        return frozenset(later).union(name for name, parts in NAMES.items() if any(part in text for part in parts))

    def _of_call(self, call: ast.Call) -> list[ast.AST]:
        """What a call refers to beside the name of what is called."""
        function = call.func
        if isinstance(function, ast.Name):
            if function.id in ("isinstance", "issubclass"):
                return [*call.args[:1]]
            self.words.add(function.id)
        elif isinstance(function, ast.Attribute):
            self.words.add(function.attr)
            function = function.value
        else:
            return [function, *call.args, *call.keywords]
        self.calls.append(call)
        of = [function] if function is not call.func else []
        return [*of, *call.args, *call.keywords]

    def _is(self, name: str, parts: tuple[str, ...]) -> bool:
        name = self.aliases.get(name, name)
        return any(part in name for part in parts)

    def _odd(self, call: ast.Call) -> Iterator[str]:
        """What a call of a layer's class, by its name, may hold that only the analysis can tell."""
        assert isinstance(call.func, (ast.Name, ast.Attribute))
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        hidden = any(one.arg is None for one in call.keywords) or any(isinstance(one, ast.Starred) for one in call.args)
        if self._is(name, _DROPOUTS):
            if hidden or len(call.args) > 1:
                yield POSITIONAL
            rates = [*call.args[:1], *(one.value for one in call.keywords if one.arg in ("rate", "p"))]
            if hidden or not all(map(_is_rate, rates)):
                yield ODD_RATE
        elif self._is(name, _RECURRENT):
            if hidden or len(call.args) > 2:
                yield POSITIONAL
            given = [one.value for one in call.keywords if one.arg and "dropout" in one.arg]
            if hidden or not all(map(_is_rate, given)):
                yield ODD_RATE


# `getattr(layers, name)` for a name in "LSTM GRU".split(): a string of more than names is prose, or code for others.
# The codes of our own rules name no layer.
_NAMES_ONLY = re.compile(r"(?!RNN[0-9]{3}\b)[\w.,;:|/ \n-]{1,400}")
_DROPOUTS = NAMES["dropout layer"]
_RECURRENT = (*NAMES["recurrent layer"], *NAMES["cell"])


def _is_rate(node: ast.expr) -> bool:
    """Whether an expression is written as a number from 0 to below 1."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, (int, float)) and 0 <= node.value < 1
