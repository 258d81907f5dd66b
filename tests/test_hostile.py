"""Bad input through the command: each file gets one clear message, the rest is linted, nothing hangs or dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rnnlint.prefilter.outline import is_parser_safe, outline
from rnnlint.source import syntax
from rnnlint.source.guard import guard
from rnnlint.source.source import Source

# Generous: the machines that run this are slow and shared. What hangs runs for minutes.
LIMIT = 120
GOOD = """from keras.layers import LSTM, Dropout
from keras.models import Sequential
model = Sequential([Dropout(0.5, input_shape=(20, 1)), LSTM(8)])
"""
# Uses what makes a file worth analysing: one that cannot hold a finding is not parsed at all.
HEAD = "from keras.layers import LSTM, Dropout; LSTM(8), Dropout(0.5)\n"
NAMED = '"about": "keras, Dropout before LSTM"'


def check(folder: Path, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; status, the entries of its JSON, and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "rnnlint", "check", "--output-format", "json", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode in (0, 1, 2), f"died with {done.returncode}: {done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout or "[]"), done.stderr


def nest(opening: str, closing: str, depth: int) -> str:
    return f"{HEAD}x = {opening * depth}1{closing * depth}\n"


# name -> content, the code that the report gives for it, the row, a part of the message
BAD: dict[str, tuple[bytes | str, str, int | None, str]] = {
    "binary.py": (b"\x7fELF\x02\x01\x01\x00\x00\x00LSTM", "io-error", 1, "NUL"),
    "latin1.py": (HEAD.encode() + b"x = '\xe9'\n", "io-error", 2, "UTF-8"),
    "utf16.py": (HEAD.encode("utf-16"), "io-error", 1, "UTF-16"),
    "half_written.py": (HEAD + "model = Sequential([\n    LSTM(8,\n", "invalid-syntax", 3, "never closed"),
    "half_string.py": (HEAD + "x = '''abc\n", "invalid-syntax", 2, "unterminated"),
    "python2.py": (HEAD + "print 'LSTM'\n", "invalid-syntax", 2, "Python 2"),
    "python2_except.py": (HEAD + "try:\n    f()\nexcept E, e:\n    pass\n", "invalid-syntax", 4, "Python 2"),
    "tabs.py": (HEAD + "if x:\n        a = 1\n\tb = 2\n", "invalid-syntax", 4, "indent"),
    "conflict.py": (HEAD + "<<<<<<< HEAD\nx = 1\n=======\n", "invalid-syntax", 2, ""),
    "hundred_thousand_lines.py": (HEAD + "x = LSTM(8)(x)\n" * 100_000, "too-complex", 1, "100,0"),
    "calls.py": (nest("f(", ")", 1000), "too-complex", 2, "1,000 deep"),
    "calls_deeper.py": (nest("f(", ")", 30_000), "too-complex", 2, "30,000 deep"),
    "parens.py": (nest("(", ")", 3000), "too-complex", 2, "3,000 deep"),
    "lists.py": (nest("[", "]", 3000), "too-complex", 2, "3,000 deep"),
    "dicts.py": (nest("{1: ", "}", 1000), "too-complex", 2, "1,000 deep"),
    "subscripts.py": (nest("a[", "]", 1000), "too-complex", 2, "1,000 deep"),
    "open_only.py": (HEAD + "(" * 100_000, "too-complex", 2, "100,000 deep"),
    "attributes.py": (HEAD + "x = a" + ".b" * 6000, "too-complex", None, "nest"),
    "methods.py": (HEAD + "x = a" + ".b()" * 3000, "too-complex", None, "nest"),
    "sums.py": (HEAD + "x = 1" + "+1" * 10_000, "too-complex", None, "nest"),
    "minus.py": (HEAD + "x = " + "-" * 9000 + "1", "too-complex", None, "nest"),
    "nots.py": (HEAD + "x = " + "not " * 9000 + "1", "too-complex", None, "nest"),
    "lambdas.py": (HEAD + "x = " + "lambda: " * 4000 + "1", "too-complex", None, "nest"),
    "conditions.py": (HEAD + "x = " + "1 if a else " * 1000 + "1", "too-complex", None, "nest"),
    "comprehensions.py": (nest("[", " for a in b]", 300), "too-complex", 2, "300 deep"),
    "elifs.py": (HEAD + "if x:\n  y\n" + "elif x:\n  y\n" * 9000, "too-complex", None, ""),
    "ands.py": (HEAD + "x = " + " and ".join("a" * 9000), "too-complex", 2, "9,000 links"),
    "loops.py": (HEAD + "x = [1 " + "for a in b " * 1500 + "]\n", "too-complex", 2, "1,500 links"),
    "import.py": (HEAD + "import " + ".".join("a" * 9000), "too-complex", 2, "links"),
    "from.py": (HEAD + "from " + ".".join("a" * 9000) + " import b", "too-complex", 2, "links"),
    "adjacent.py": (HEAD + "x = " + "'a' " * 3000, "too-complex", 2, "3,000 strings in a row"),
    "adjacent_lines.py": (HEAD + "x = (\n" + "'a'\n" * 5000 + ")", "too-complex", 5002, "strings in a row"),
    "names.py": (HEAD + "x = [" + "f(a), " * 60_000 + "]", "too-complex", 1, "beyond the limit"),
    "newer_calls.py": (HEAD + "x = a" + "()" * 9000 + "\nx = f'{'{a' b}'\n", "invalid-syntax", None, ""),
    "newer_elifs.py": (HEAD + "x = 1 ~ 2\nif x:\n  y\n" + "elif x:\n  y\n" * 9000, "invalid-syntax", 2, ""),
    "blocks.py": (HEAD + "".join(" " * i + "if x:\n" for i in range(150)), "invalid-syntax", None, "indentation"),
    "blank.ipynb": (b"\n" * 9 + f"{{{NAMED}".encode(), "invalid-syntax", None, "not JSON"),
    "half.ipynb": (
        f'{{{NAMED}, "cells": [\n {{"cell_type": "code", "source": ["LSTM(',
        "invalid-syntax",
        2,
        "not JSON",
    ),
    "list.ipynb": (f"[{{{NAMED}}}]", "invalid-syntax", 1, "no notebook"),
    "deep.ipynb": (f"[{{{NAMED}}}, " + "[" * 200_000, "invalid-syntax", 1, "nested"),
    "utf16.ipynb": (json.dumps({"cells": []}).encode("utf-16"), "io-error", 1, "UTF-16"),
    "latin1.ipynb": (b'{"cells": ["\xe9"]}', "io-error", 1, "UTF-8"),
    "cell.ipynb": (
        json.dumps({"cells": [{"cell_type": "code", "source": f"x = {{{NAMED}}}; LSTM("}]}),
        "invalid-syntax",
        1,
        "never closed",
    ),
    "null.ipynb": (json.dumps({"cells": [{"cell_type": "code", "source": HEAD + "x\0"}]}), "invalid-syntax", 1, "null"),
}

# Large or odd, but Python: read without a word.
FINE: dict[str, bytes | str] = {
    "empty.py": b"",
    "bom.py": b"\xef\xbb\xbf" + GOOD.replace("Dropout", "Dense").encode(),
    "cr.py": b"x = 1\ry = 2\r",
    "form_feed.py": HEAD + "\x0cx = 1\n\x0c\n",
    "cookie.py": b"# -*- coding: latin-1 -*-\n" + HEAD.encode() + b"x = '\xe9'\n",
    "numbers.py": HEAD + "x = [" + "1.5, " * 100_000 + "]\n",
    "string.py": HEAD + "x = '" + "a" * 900_000 + "'\n",
    "comments.py": HEAD + "# (((\n" * 100_000,
    "strings.py": HEAD + "x = (" + "'a' " * 500 + ")\n",
    "parens_150.py": HEAD + "x = " + "(" * 150 + ")" * 150 + "\n",
    "blocks_90.py": HEAD + "".join(" " * i + "if x:\n" for i in range(90)) + " " * 90 + "y\n",
    "newer.py": HEAD + 'x = f"{d["a"]}"\ntype Y = int\n',
    "chain.py": HEAD + "x = z\n" + "x = f(x)\n" * 20_000,
    "elifs_300.py": HEAD + "if x:\n  y\n" + "elif x:\n  y\n" * 300,
    "ands_500.py": HEAD + "x = " + " and ".join("a" * 500) + "\n",
    "adjacent_comments.py": HEAD + "x = [\n" + "    'a',  # 'b'\n" * 9000 + "]\n",
    "percent.py": "# %%\n" + HEAD + "# %%\n%%bash\nls | grep (\nfor i in *; do echo $i; done\n# %%\n%%time\nx = 1\n",
    "digits.ipynb": '{"cells": [], "nbformat": ' + "9" * 5000 + "}",
    "exported.py": "!pip install keras\n%matplotlib inline\n" + HEAD,
    "r.ipynb": json.dumps(
        {"metadata": {"kernelspec": {"name": "ir"}}, "cells": [{"cell_type": "code", "source": "<-"}]}
    ),
    "nothing.ipynb": json.dumps({"cells": []}),
}


def put(path: Path, content: bytes | str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_gets_one_message(name: str, tmp_path: Path) -> None:
    content, kind, row, part = BAD[name]
    put(tmp_path / name, content)
    put(tmp_path / "z_good.py", GOOD)
    start = time.monotonic()
    status, entries, _ = check(tmp_path)
    assert time.monotonic() - start < LIMIT
    bad = [entry for entry in entries if Path(entry["filename"]).name == name]
    assert [entry["code"] for entry in bad] == [kind]
    assert part in bad[0]["message"]
    assert row is None or bad[0]["location"]["row"] == row
    assert status == 1
    assert any(entry["code"] == "RNN101" and Path(entry["filename"]).name == "z_good.py" for entry in entries)


def test_large_and_odd_files_are_read(tmp_path: Path) -> None:
    for name, content in FINE.items():
        put(tmp_path / name, content)
    status, entries, _ = check(tmp_path)
    assert entries == []
    assert status == 0


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "x = Input((9, 1))\n" + "x = LSTM(8, return_sequences=True)(Dropout(0.5)(x))\n" * 1000,
        HEAD + "m = Sequential([" + "Dropout(0.5), LSTM(8, return_sequences=True), " * 500 + "])\n",
        HEAD + "m = Sequential()\n" + "m.add(Dropout(0.5))\nm.add(LSTM(8, return_sequences=True))\n" * 500,
        HEAD + "def f(x):\n    return f(LSTM(8)(Dropout(0.5)(x)))\n",
        HEAD + "while True:\n    x = LSTM(8)(Dropout(0.5)(x))\n",
        HEAD + "for i in range(10**12):\n    x = LSTM(8)(Dropout(0.5)(x))\n",
        HEAD + "x = 10 ** 10 ** 10\ny = [0] * 10 ** 12\nz = 'a' * 10 ** 12\nw = 1 << 10 ** 12\nDropout(w)\n",
        HEAD + "x = " + "9" * 5000 + "\nDropout(x)\n",
        HEAD + "".join(f"def f{i}(x):\n    return f{i + 1}(f{i + 1}(x))\n" for i in range(60)) + "LSTM(8)(f0(1))\n",
        HEAD + "".join(f"if a{i}:\n    x = Dropout(0.5)(x)\nelse:\n    x = LSTM(8)(x)\n" for i in range(200)),
        HEAD + "class A(A):\n    def __init__(self):\n        self.a = self\n        super().__init__()\nA()()\n",
        HEAD + "x = []\nx.append(x)\nd = {}\nd[1] = d\nLSTM(x, dropout=d)\n",
        HEAD + "t = (1,)\n" + "t = t + t\n" * 60 + "x = []\n" + "x = x + [1]\n" * 5000 + "x = [*x, 1]\n" * 5000,
        HEAD + "d = {}\nx = []\n" + "d[f'{len(x)}'] = x\nd['k'] = x\nx.append(d['k'])\n" * 2000,
        HEAD + "".join(f"def f{i}(x):\n    return f{(i + 1) % 2000}(LSTM(8)(x))\n" for i in range(2000)),
        HEAD + "x = [Dropout(i) for i in range(10**9)]\ny = {i: j for i in range(10**9) for j in range(10**9)}\n",
        HEAD + "class M(type):\n    def __call__(cls):\n        return cls()\nclass A(metaclass=M):\n"
        "    @property\n    def p(self):\n        return self.p\nA().p\ndef d(f):\n    return d(d)(f)\n"
        "@d\n@d\ndef g(x):\n    return g\ndef gen():\n    while True:\n        yield from gen()\n"
        "for i in gen():\n    x = LSTM(8)(g(i))\n(lambda f: f(f))(lambda f: f(f))\n",
        HEAD + "x = '%999999999d' % 1\ny = '{:999999999}'.format(1)\nz = f'{1:999999999}'\nDropout(z)\n",
    ],
    ids=[
        "functional",
        "sequential",
        "add",
        "recursion",
        "while",
        "range",
        "huge",
        "digits",
        "calls",
        "branches",
        "classes",
        "cycles",
        "doubling",
        "growing",
        "ring",
        "comprehensions",
        "endless",
        "formats",
    ],
)
def test_code_that_would_run_for_ever_is_not_run(text: str, tmp_path: Path) -> None:
    put(tmp_path / "a.py", text)
    status, entries, _ = check(tmp_path)
    assert status in (0, 1)
    assert {entry["code"] for entry in entries} <= {"RNN101", "RNN102", "RNN103", "too-complex"}


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    put(tmp_path / "pyproject.toml", "")
    put(tmp_path / "a.py", "from b import *\n" + GOOD)
    put(tmp_path / "b.py", "from a import *\nimport b\nfrom . import a, b\n" + GOOD)
    status, entries, _ = check(tmp_path)
    assert status == 1
    assert [entry["code"] for entry in entries] == ["RNN101", "RNN101"]


def test_a_broken_module_does_not_break_its_importer(tmp_path: Path) -> None:
    put(tmp_path / "pyproject.toml", "")
    put(tmp_path / "a.py", "from broken import *\nimport deep\n" + GOOD)
    put(tmp_path / "broken.py", HEAD + "x = (\n")
    put(tmp_path / "deep.py", HEAD + "(" * 5000)
    _, entries, _ = check(tmp_path)
    by_file = {Path(entry["filename"]).name: entry["code"] for entry in entries}
    assert by_file == {"a.py": "RNN101", "broken.py": "invalid-syntax", "deep.py": "too-complex"}


def test_nothing_is_executed(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'executed')!r}, 'w')\n"
    for name in ("a.py", "setup.py", "conftest.py", "keras.py", "sitecustomize.py"):
        put(tmp_path / name, trap + GOOD)
    check(tmp_path)
    assert not (tmp_path / "executed").exists()


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    put(tmp_path / "good.py", GOOD)
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "dangling.py").symlink_to("nowhere")
    status, entries, _ = check(tmp_path)
    said = sorted((Path(entry["filename"]).name, entry["code"]) for entry in entries)
    assert said == [("dangling.py", "io-error"), ("good.py", "RNN101"), ("pipe.py", "io-error")]
    assert status == 1
    status, entries, _ = check(tmp_path, "pipe.py", "/dev/zero")
    assert status == 1
    assert len(entries) == 2


def test_a_missing_path_is_a_usage_error_and_the_rest_is_linted(tmp_path: Path) -> None:
    put(tmp_path / "good.py", GOOD)
    status, entries, errors = check(tmp_path, "good.py", "missing.py")
    assert status == 2
    assert "missing.py" in errors
    assert [entry["code"] for entry in entries] == ["RNN101"]


@pytest.mark.parametrize("name", [name for name in {**BAD, **FINE} if name.endswith(".py")])
def test_what_is_taken_for_harmless_is(name: str) -> None:
    """Where the gate has seen enough of a file, the guard would let it pass."""
    content = {**FINE, **{key: value[0] for key, value in BAD.items()}}[name]
    text = content if isinstance(content, str) else content.decode("latin-1")
    tree = syntax.parse(text)
    if not isinstance(tree, syntax.SyntaxProblem) and is_parser_safe(text, outline(name, tree)):
        assert guard(Source(name, text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(x, a" + ".b" * 300 + ")\n",
        "x = a" + ".b" * 700 + "\n",
        "def f():\n    return a" + ".b" * 700 + "\n",
        "x = " + "1 + " * 250 + "1\n",
        "x = " + " or ".join("a" * 601) + "\n",
        "def f(x=" + " or ".join("a" * 601) + "): pass\n",
        "@a" + ".b" * 700 + "\ndef f(): pass\n",
        "x = 'a'" + " 'a'" * 601 + "\n",
        "class A(a" + ".b" * 700 + "): pass\n",
        "if x: pass\n" + "elif x: pass\n" * 199,
    ],
)
def test_what_the_ast_keeps_flat_is_not_taken_for_harmless(text: str) -> None:
    tree = syntax.parse(text)
    assert not isinstance(tree, syntax.SyntaxProblem)
    assert not is_parser_safe(text, outline("a.py", tree))


def test_ordinary_code_is_parser_safe() -> None:
    tree = syntax.parse(GOOD)
    assert not isinstance(tree, syntax.SyntaxProblem)
    assert is_parser_safe(GOOD, outline("a.py", tree))
