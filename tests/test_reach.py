"""What comes together in code: names resolved over files, what is run, and what need not be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlint.prefilter.gate import Gate, requirements
from rnnlint.project.modules import Known, Modules
from rnnlint.project.walk import discover
from rnnlint.settings.settings import Settings
from rnnlint.source.source import Source

RULES = frozenset({"RNN102"})


def gate(folder: Path, files: dict[str, str]) -> tuple[Gate, frozenset[str]]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    listed = discover([str(folder)], lambda _: Settings())
    modules = Modules(listed.files, (str(folder),))
    found = Gate(requirements([RULES]), modules, lambda path: Path(path).read_bytes() if Path(path).exists() else None)
    for path in listed.paths:
        found.look(path, Path(path).read_bytes())
    return found, found.candidates()


def candidates(folder: Path, files: dict[str, str]) -> set[str]:
    return {str(Path(path).relative_to(folder)) for path in gate(folder, files)[1]}


def passed_over(found: Gate, path: Path) -> frozenset[str]:
    focus = found.focus(str(path))
    assert focus is not None
    return focus.passed_over


def left(folder: Path, files: dict[str, str], name: str) -> list[str]:
    """The first words of the lines of a file that the analysis reads."""
    found, _ = gate(folder, files)
    text = (folder / name).read_text()
    known = found.known().get(str(folder / name), Known())
    skipped = {row for first, last in known.skipped_rows for row in range(first, last + 1)}
    lines = text.split("\n")
    return [line.split("(")[0] for row, line in enumerate(lines, 1) if line.strip() and row not in skipped]


DROP = "from keras.layers import Dropout\ndef drop(x):\n    return Dropout(.3)(x)\n"
REC = "from keras.layers import LSTM\ndef rec(x):\n    return LSTM(4)(x)\n"


@pytest.mark.parametrize(
    "main",
    [
        "from drop import drop\nfrom rec import rec\ndef build(x): return rec(drop(x))\n",
        "from drop import drop as d\nimport rec\ndef build(x): return rec.rec(d(x))\n",
        "from drop import *\nfrom rec import *\ndef build(x): return rec(drop(x))\n",
        "import drop as d, rec as r\ndef build(x): return r.rec(d.drop(x))\n",
        "def build(x):\n    from drop import drop\n    import rec\n    return rec.rec(drop(x))\n",
        "import drop, rec\ndef build(x): return run([drop, rec], x)\n",  # modules that are handed on
        "import drop, rec\nSTEPS = [drop.drop]\nSTEPS.append(rec.rec)\ndef build(x):\n    for s in STEPS: x = s(x)\n",
        "import drop, rec\nclass Net:\n    def __call__(self, x): return rec.rec(drop.drop(x))\n",
        "import drop, rec\nrec.rec(drop.drop(x))\n",
        "try:\n    from drop import drop\nexcept ImportError:\n    drop = None\nfrom rec import rec\nrec(drop(x))\n",
        "from drop import drop\nfrom rec import rec\nif __name__ == '__main__':\n    rec(drop(x))\n",
        "from both import rec, drop\ndef build(x): return rec(drop(x))\n",
        "import both\ndef build(x): return both.rec(both.drop(x))\n",
        "from pack import drop, rec\ndef build(x): return rec.rec(drop.drop(x))\n",
        "import pack\ndef build(x): return pack.rec.rec(pack.drop.drop(x))\n",
        "import pack.rec, pack.drop\ndef build(x): return pack.rec.rec(pack.drop.drop(x))\n",
        "from table import LAYERS\ndef build(x): return LAYERS['rec'](LAYERS['drop'](x))\n",
        "from kept import make\nmake()\n",
        "from names import D, L\ndef build(x): return L(4)(D(.3)(x))\n",
        "import names\ndef build(x): return names.L(4)(names.D(.3)(x))\n",
        "from derived import Net\nNet()(x)\n",
    ],
    ids=range(21),
)
def test_what_comes_together_over_files(main: str, tmp_path: Path) -> None:
    files = {
        "drop.py": DROP,
        "rec.py": REC,
        "both.py": "from drop import drop\nfrom rec import *\n",
        "pack/drop.py": DROP,
        "pack/rec.py": REC,
        "table.py": "from drop import drop\nLAYERS = {'drop': drop}\ndef register(f): LAYERS[f.__name__] = f\n"
        "import rec\n@register\ndef other(x): return rec.rec(x)\n",
        "kept.py": "from drop import drop\nfrom rec import rec\nmodels = []\n"
        "def make():\n    for one in models: one()\nmodels.append(lambda: rec(drop(1)))\n",
        "names.py": "from keras.layers import Dropout as D\nimport keras\nL = keras.layers.LSTM\n",
        "derived.py": "from base import Base\nclass Net(Base): pass\n",
        "base.py": "from drop import drop\nfrom rec import rec\nclass Base:\n"
        "    def __call__(self, x): return rec(drop(x))\n",
        "main.py": main,
        "other.py": "from drop import drop\nfrom rec import rec\ndef one(x): return drop(x)\n"
        "def two(x): return rec(x)\n",
    }
    found = candidates(tmp_path, files)
    assert "main.py" in found
    assert "other.py" not in found
    assert "drop.py" not in found


MODEL = """\
from keras import Sequential, layers
import helpers
RATE = .3
SIZES = [1, 2]
def plot(history):
    helpers.draw(history)
def build(units):
    return Sequential([layers.LSTM(units, return_sequences=True), layers.Dropout(RATE), layers.LSTM(4)])
class Trainer:
    def run(self): plot(build(3).fit())
def count():
    return len(SIZES)
"""


def test_what_nothing_reaches_is_not_read(tmp_path: Path) -> None:
    helpers = "import matplotlib\ndef draw(history):\n    pass\ndef other():\n    pass\n"
    files = {"model.py": MODEL, "helpers.py": helpers}
    # `count` is all that nothing of it leads to; variables that an entry point asks for bring the body with them.
    assert "def count" not in left(tmp_path, files, "model.py")
    assert {"RATE = .3", "def build", "class Trainer:", "def plot"} <= set(left(tmp_path, files, "model.py"))
    assert left(tmp_path, files, "helpers.py") == ["import matplotlib", "def draw", "    pass"]


def test_a_body_that_nothing_asks_for_is_not_read(tmp_path: Path) -> None:
    text = (
        "from keras.layers import Dropout, LSTM\nTABLE = [\n    1,\n    2,\n]\nprint(TABLE)\n"
        "for i in TABLE:\n    print(i)\n\ndef build(x):\n    return LSTM(4)(Dropout(.3)(x))\n"
    )
    lines = left(tmp_path, {"model.py": text}, "model.py")
    assert lines == ["from keras.layers import Dropout, LSTM", "def build", "    return LSTM"]


def test_statements_that_share_a_row_are_read(tmp_path: Path) -> None:
    text = "from keras.layers import Dropout, LSTM\nA = 1; B = 2\ndef build(x): return LSTM(4)(Dropout(.3)(x))\n"
    assert "A = 1; B = 2" in left(tmp_path, {"model.py": text}, "model.py")


def test_imports_that_a_body_may_make_are_read(tmp_path: Path) -> None:
    text = (
        "try:\n    from keras.layers import Dropout, LSTM\nexcept ImportError:\n    LSTM = None\n"
        "def build(x): return LSTM(4)(Dropout(.3)(x))\n"
    )
    assert len(left(tmp_path, {"model.py": text}, "model.py")) == 5


def test_how_else_a_layer_is_used_is_looked_at(tmp_path: Path) -> None:
    """`other` holds no finding, but says that the Dropout is no sequence's alone."""
    text = (
        "from keras import Input\nfrom keras.layers import Dense, Dropout, LSTM\n"
        "def block(x):\n    return Dropout(.3)(x)\n"
        "def build():\n    return LSTM(4)(block(Input((9, 4))))\n"
        "def other():\n    return Dense(4)(block(Input((4,))))\n"
        "def far():\n    return Dense(4)(Input((4,)))\n"
    )
    found, chosen = gate(tmp_path, {"model.py": text})
    assert len(chosen) == 1
    assert passed_over(found, tmp_path / "model.py") == {"far"}


NET = """\
from keras.layers import Dropout, LSTM
class Net:
    def __init__(self):
        self.rec = LSTM(4)
    def drop(self, x):
        return Dropout(.3)(x)
    def forward(self, x):
        return self.rec(self.drop(x))
    @property
    def units(self):
        return 4
    def plot(
        self,
    ):
        pass
"""


def test_methods_that_nothing_names_are_not_read(tmp_path: Path) -> None:
    found, _ = gate(tmp_path, {"net.py": NET})
    assert passed_over(found, tmp_path / "net.py") == set()  # the object that each is called on has an LSTM
    own = NET.replace("        self.rec = LSTM(4)\n", "        pass\n").replace("self.rec(", "LSTM(4)(")
    found, _ = gate(tmp_path, {"net.py": own})
    assert passed_over(found, tmp_path / "net.py") == {"Net.units", "Net.plot"}
    assert left(tmp_path, {"net.py": own}, "net.py")[-1] == "        return LSTM"
    source = Source("net.py", own, skipped_rows=found.known()[str(tmp_path / "net.py")].skipped_rows)
    assert source.code.count("\n") == own.count("\n")
    compile(source.code, "net.py", "exec")


@pytest.mark.parametrize(
    ("main", "wanted"),
    [
        ("from net import Net\nNet().forward(x)\n", True),
        ("import net\ndef build(x): return net.Net().forward(x)\n", True),
        ("from net import Net\ndef build(x): return getattr(Net(), 'forward')(x)\n", True),
        ("from net import Net\nclass Own(Net): pass\nOwn().forward(x)\n", True),
        ("from net import Net\nclass Own(Net):\n    def run(self, x): return super().forward(x)\n", True),
        ("from net import Net\nNet().plot()\n", False),
        ("from net import Net\nclass Own(Net):\n    def drop(self, x): return x\n", False),
    ],
)
def test_methods_are_reached_by_their_names(main: str, wanted: bool, tmp_path: Path) -> None:
    own = NET.replace("        self.rec = LSTM(4)\n", "        pass\n").replace("self.rec(", "LSTM(4)(")
    assert ("main.py" in candidates(tmp_path, {"net.py": own, "main.py": main})) is wanted


def test_methods_that_are_called_without_a_name_are_reached(tmp_path: Path) -> None:
    text = (
        "from keras import layers\nclass Block(layers.Layer):\n    def build(self, shape):\n"
        "        self.drop = layers.Dropout(.3)\n    def call(self, x):\n        return layers.LSTM(4)(self.drop(x))\n"
    )
    files = {"block.py": text, "main.py": "from block import Block\nBlock()(x)\n"}
    assert candidates(tmp_path, files) == {"block.py", "main.py"}


def test_a_decorated_method_is_run_where_the_class_is(tmp_path: Path) -> None:
    files = {
        "parts.py": "LAYERS = []\ndef add(f):\n    LAYERS.append(f)\n    return f\n",
        "net.py": "from parts import LAYERS, add\nfrom keras.layers import Dropout, LSTM\nclass Net:\n    @add\n"
        "    def drop(x): return Dropout(.3)(x)\n    @add\n    def rec(x): return LSTM(4)(x)\n"
        "def build(x):\n    for layer in LAYERS: x = layer(x)\n    return x\n",
    }
    found, _ = gate(tmp_path, files)
    assert "build" not in passed_over(found, tmp_path / "net.py")


@pytest.mark.parametrize(
    ("decorator", "before", "wanted"),
    [
        ("add", "from parts import add", True),
        ("parts.add", "import parts", True),
        ("partial(add, 1)", "from functools import partial\nfrom parts import add", True),
        ("DECORATORS[0]", "from parts import add\nDECORATORS = [add]", True),
        ("(lambda f: LAYERS.append(f))", "", True),
        ("unknown", "", True),
        ("case", "from unittest2 import case\n    from parts import add as case", True),  # the latter in the class
        ("case", "from unittest2 import case", False),
        ("pytest.mark.parametrize('x', [1])", "import pytest", False),
        ("parameterized.named_parameters(('a', Net))", "from absl.testing import parameterized", False),
        ("property", "", False),
    ],
)
def test_what_a_decorator_may_do_with_a_method(decorator: str, before: str, wanted: bool, tmp_path: Path) -> None:
    """Only what stands in the code base runs a method by decorating it."""
    before, _, inside = before.partition("\n    ")
    files = {
        "parts.py": "LAYERS = []\ndef add(f, g=None):\n    LAYERS.append(f)\n",
        "net.py": f"{before}\nfrom parts import LAYERS\nfrom keras.layers import Dropout, LSTM\nclass Net:\n"
        f"    {inside or 'pass'}\n"
        f"    @{decorator}\n    def drop(x): return Dropout(.3)(x)\n"
        f"    @{decorator}\n    def rec(x): return LSTM(4)(x)\n"
        "def build(x):\n    for layer in LAYERS: x = layer(x)\n    return x\nbuild(Net)\n",
    }
    assert ("net.py" in candidates(tmp_path, files)) is wanted


def test_a_body_that_acts_on_others_is_part_of_every_entry_point(tmp_path: Path) -> None:
    files = {
        "parts.py": "LAYERS = []\ndef add(layer):\n    LAYERS.append(layer)\n",
        "model.py": "import parts\nfrom keras import layers\nparts.add(layers.Dropout(.3))\nparts.add(layers.LSTM(4))\n"
        "def build(x):\n    for layer in parts.LAYERS: x = layer(x)\n    return x\n",
    }
    found, _ = gate(tmp_path, files)
    assert passed_over(found, tmp_path / "model.py") == set()
    assert left(tmp_path, files, "parts.py") == ["LAYERS = []", "def add", "    LAYERS.append"]


def test_what_cannot_be_parsed_may_use_everything(tmp_path: Path) -> None:
    files = {"drop.py": DROP, "rec.py": REC, "main.py": "from drop import drop\nimport rec\nprint 'python 2'\n"}
    assert candidates(tmp_path, files) == {"main.py"}
    assert left(tmp_path, files, "drop.py")[1:] == ["def drop", "    return Dropout"]


def test_modules_that_import_each_other(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import *\nfrom keras.layers import Dropout\ndef drop(x): return Dropout(.3)(x)\n",
        "b.py": "from a import *\nfrom keras.layers import LSTM\ndef rec(x): return LSTM(4)(drop(x))\n",
    }
    assert candidates(tmp_path, files) == {"b.py"}
