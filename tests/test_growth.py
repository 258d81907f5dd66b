"""The work of an analysis grows with its input and no faster: counted in calls, from a size to four times that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import rnnlint
from rnnlint.interpret.contents import DictItems, SharedItems, appended
from rnnlint.interpret.store import Store
from rnnlint.interpret.values import ConstV, TupleV
from tests.effort import effort

HEAD = """from keras.layers import LSTM, Add, Dense, Dropout, Input, Masking
from keras.models import Model, Sequential
x = i = Input((20, 1))
"""
SHAPES: dict[str, Callable[[int], str]] = {
    "a list of layers": lambda n: "m = Sequential([" + "Dense(4), " * n + "Dropout(0.5), LSTM(8)])\n",
    "dropouts in a list": lambda n: "m = Sequential([" + "Dropout(0.5), " * n + "LSTM(8)])\n",
    "pairs in a list": lambda n: "m = Sequential([" + "Dropout(0.5), LSTM(8, return_sequences=True), " * n + "])\n",
    "model.add": lambda n: "m = Sequential()\n" + "m.add(Dense(4))\n" * n + "m.add(Dropout(0.5))\nm.add(LSTM(8))\n",
    "a functional chain": lambda n: "x = LSTM(8, return_sequences=True)(Dropout(0.5)(x))\n" * n + "Model(i, x)\n",
    "residuals": lambda n: "x = Add()([x, Dropout(0.5)(Dense(4)(x))])\n" * n + "x = LSTM(8)(x)\n",
    "many readers": lambda n: "x = Dropout(0.5)(x)\n" + "LSTM(8)(x)\n" * n,
    "masking": lambda n: "x = Masking()(Dropout(0.5)(x))\n" * n,
    "functions": lambda n: "".join(f"def f{k}():\n    return Sequential([Dropout(0.5), LSTM(8)])\n" for k in range(n)),
    "methods": lambda n: "class A:\n" + "".join(f"    def f{k}(self):\n        return LSTM(8)\n" for k in range(n)),
    "fields": lambda n: "class A:\n" + "".join(f"    f{k}: int = {k}\n" for k in range(n)),
    "keys": lambda n: "d = {}\n" + "".join(f"d['k{k}'] = {k}\n" for k in range(n)) + "y = d['k1']\n",
    "items": lambda n: "d = []\n" + "d.append(1)\n" * n + "y = d[1]\n",
    "keys in branches": lambda n: "d = {}\n" + "if a:\n    d['k'] = 1\nelse:\n    d['k'] = 2\n" * n,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_work_is_linear(shape: str) -> None:
    small, large = (HEAD + SHAPES[shape](n) for n in (60, 240))
    rnnlint.check_source(small)
    assert effort(lambda: rnnlint.check_source(large)) < 5 * effort(lambda: rnnlint.check_source(small))


def test_loops_over_arrays_cost_what_loops_over_numbers_do() -> None:
    def nested(statement: str) -> str:
        loops = (f"{'    ' * depth}for a{depth} in unknown(a):" for depth in range(5))
        return "\n".join(["import numpy as np", HEAD, "x = np.zeros((3, 4))", *loops, "    " * 5 + statement, ""])

    numbers = effort(lambda: rnnlint.check_source(nested("y = abs(3)")))
    arrays = effort(lambda: rnnlint.check_source(nested("y = np.reshape(x, (4, 3))")))
    layers = effort(lambda: rnnlint.check_source(nested("y = Dense(4)(i)")))
    assert arrays < 2 * numbers
    assert layers > 4 * numbers  # whose second turn may see what the first one has made


def test_a_function_that_is_only_long_is_followed_to_its_end() -> None:
    lines = ["from keras import Sequential, layers", "def build():", "    m = Sequential()"]
    lines += ["    m.add(layers.Dense(4))"] * 9_000
    lines += ["    m.add(layers.LSTM(8, recurrent_dropout=0.2))", "    return m"]
    assert [finding.code for finding in rnnlint.check_source("\n".join(lines))] == ["RNN201"]


def test_what_grows_shares_its_items() -> None:
    a, b, c = ConstV("a"), ConstV("b"), ConstV("c")
    first = appended(TupleV((a,)), [b])
    assert first is not None
    one, other = first.plus([a]), first.plus([c])
    assert [state.get() for state in (first, one, other)] == [TupleV((a, b)), TupleV((a, b, a)), TupleV((a, b, c))]
    filled = appended(DictItems((("a", TupleV(())),)), [("b", TupleV(())), ("a", TupleV((), False))])
    assert filled is not None
    assert filled.get() == DictItems((("a", TupleV((), False)), ("b", TupleV(()))))
    assert appended(TupleV((), False), [a]) is None


def test_the_store_keeps_an_old_content_once() -> None:
    store = Store()
    items = store.new()

    def fill() -> None:
        for number in range(100):
            store.set(items, "items", SharedItems(TupleV, [], number))
        assert len(store._branch.noted) == 1

    store.isolated(fill)
    assert store.get(items, "items") is None
