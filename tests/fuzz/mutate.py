"""Changes to Keras code that mostly leave it Python: pieces of other programs are spliced in, wrapped, renamed."""

from __future__ import annotations

import ast
import random
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

# Words that decide something somewhere: names, arguments, and values that hurt.
WORDS = tuple(Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split())
VALUES = (
    *("10**10**10", "[[0]*10**9]", "'a'*10**10", "1<<10**9", "(None,)*3", "float('nan')", "float('inf')", "-1", "''"),
    *("[*range(10**9)]", "range(10**9)", "{'rate': 0.5}", "{**{}}", "(lambda x: x)", "int('9'*5000)", "f'{1:99999}'"),
    *("[i for i in range(10**9)]", "(yield)", "(x := 1)", "x[...]", "x[:, 1:, None]", "[*a, *b]", "f(**{'a': 1})"),
    *("keras.Input((20, 1))", "keras.Input((None, None, 3))", "[keras.Input((2, 1)), keras.Input((2, 1))]", "()"),
    *("layers.LSTM(8, dropout=0.5)", "layers.Dropout(0.5, noise_shape=(None, 1, None))", "tf.zeros((2, 3, 4))"),
)
WRAPPERS = (
    "for i in range(3):\n{}",
    "for i in range(10**9):\n{}",
    "while True:\n{}",
    "if flag:\n{}\nelse:\n    pass",
    "if flag:\n    pass\nelif other:\n{}",
    "def f(x, *args, rate=0.5, **kwargs):\n{}\n    return x",
    "@f\ndef f(x):\n{}\n    yield x",
    "class A(keras.Model):\n    def __init__(self, x):\n        super().__init__()\n    def call(self, x):\n    {}",
    "class A(A, metaclass=A):\n{}",
    "try:\n{}\nexcept (ValueError, E) as e:\n    raise\nelse:\n    x = 1\nfinally:\n    del x",
    "with strategy.scope() as x:\n{}",
    "async def g(x):\n    async with x:\n    {}\n    async for x in x:\n        await x",
    "match x:\n    case {{'a': [1, *rest]}} if rest:\n    {}\n    case _:\n        pass",
)
_BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])\d[\w.]*")


class Mutator:
    """Holds the pieces of a corpus and changes texts by them."""

    def __init__(self, corpus: Iterable[str]) -> None:
        self._statements: list[str] = []
        self._expressions: list[str] = []
        for text in corpus:
            self._take(text)

    def _take(self, text: str) -> None:
        tree = _parsed(text)
        for node in ast.walk(tree) if tree is not None else ():
            piece = ast.get_source_segment(text, node, padded=True) if hasattr(node, "lineno") else None
            if piece is None or len(piece) > 600:
                continue
            if isinstance(node, ast.stmt):
                self._statements.append(textwrap.dedent(piece))
            elif isinstance(node, ast.expr) and "\n" not in piece:
                self._expressions.append(piece)

    def mutate(self, text: str, seed: int) -> str:
        """The text with some changes."""
        chance = random.Random(seed)
        kinds: Sequence[Callable[[str, random.Random], str]] = (
            *(self._expression, self._expression, self._expression, self._statement, self._statement),
            *(self._word, self._rename, self._line, self._wrap, self._number, self._loop, self._call),
        )
        for _ in range(chance.choice((1, 1, 2, 3, 5))):
            text = chance.choice(kinds)(text, chance)
        return text

    def join(self, one: str, other: str, seed: int) -> str:
        """Lines of two texts."""
        chance = random.Random(seed)
        first, second = one.split("\n"), other.split("\n")
        return "\n".join([*first[: chance.randint(0, len(first))], *second[chance.randint(0, len(second)) :]])

    def _expression(self, text: str, chance: random.Random) -> str:
        tree = _parsed(text)
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)] if tree is not None else []
        if not nodes:
            return self._word(text, chance)
        node = chance.choice(nodes)
        new = chance.choice(VALUES if chance.random() < 0.2 else self._expressions or VALUES)
        return _replaced(text, node, new)

    def _call(self, text: str, chance: random.Random) -> str:
        """An argument more for some call."""
        tree = _parsed(text)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree is not None else []
        if not calls:
            return self._statement(text, chance)
        call = chance.choice(calls)
        written = ast.get_source_segment(text, call) or "f()"
        value = chance.choice(VALUES if chance.random() < 0.3 else self._expressions or VALUES)
        name = chance.choice([word for word in WORDS if word.isidentifier()])
        argument = chance.choice((f"{name}={value}", f"*{value}", f"**{value}", value))
        comma = "" if written.endswith("()") else ", "
        return _replaced(text, call, f"{written[:-1]}{comma}{argument})")

    def _statement(self, text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        at = chance.randint(0, len(lines))
        indent = _indent(lines[at - 1]) if at else ""
        piece = chance.choice(self._statements or ["x = 1"])
        lines[at:at] = textwrap.indent(piece, indent).split("\n")
        return "\n".join(lines)

    def _word(self, text: str, chance: random.Random) -> str:
        found = list(_NAME.finditer(text))
        if not found:
            return text + chance.choice(WORDS)
        match = chance.choice(found)
        return text[: match.start()] + chance.choice(WORDS) + text[match.end() :]

    def _rename(self, text: str, chance: random.Random) -> str:
        names = _NAME.findall(text)
        if not names:
            return text
        old, new = chance.choice(names), chance.choice((*names[:50], "ﬁ", "Ⅷ", "变量", "ªº"))
        return re.sub(rf"\b{old}\b", new, text)

    def _number(self, text: str, chance: random.Random) -> str:
        found = list(_NUMBER.finditer(text))
        if not found:
            return text
        match = chance.choice(found)
        value = chance.choice(("0", "1", "-1", "2", "0.5", "1.0", "1.5", "None", "64", "65", "10**6", "1e-9", "1e308"))
        return text[: match.start()] + value + text[match.end() :]

    def _line(self, text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(3):
            case 0:
                del lines[one]
            case 1:
                lines.insert(one, lines[other])
            case _:
                lines[one], lines[other] = lines[other], lines[one]
        return "\n".join(lines)

    def _wrap(self, text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        first = chance.randrange(len(lines))
        last = min(first + chance.choice((1, 1, 2, 4, 8, len(lines))), len(lines))
        indent = _indent(lines[first])
        body = textwrap.indent(textwrap.dedent("\n".join(lines[first:last])), "    ")
        wrapper = chance.choice(WRAPPERS)
        if "    {}" in wrapper:
            body = textwrap.indent(body, "    ").removeprefix("    ")
        lines[first:last] = textwrap.indent(wrapper.format(body), indent).split("\n")
        return "\n".join(lines)

    def _loop(self, text: str, chance: random.Random) -> str:
        """A line many times."""
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        lines[at:at] = [lines[at]] * chance.choice((2, 10, 100, 400))
        return "\n".join(lines)


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _replaced(text: str, node: ast.expr, new: str) -> str:
    """The text with another expression in a node's place."""
    rows = [0, *(match.end() for match in re.finditer("\n", text))]
    data = text.encode("utf-8", "surrogatepass")
    if len(data) != len(text) or node.end_lineno is None or node.end_col_offset is None:
        return text
    start, end = rows[node.lineno - 1] + node.col_offset, rows[node.end_lineno - 1] + node.end_col_offset
    return text[:start] + new + text[end:]


def blocks(pages: Iterable[str]) -> list[str]:
    """The Python code blocks of Markdown pages."""
    return [block for page in pages for block in _BLOCK.findall(page)]
