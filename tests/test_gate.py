"""The gate never skips a file that the analysis would report on, and skips what it can."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from rnnlint.keras import kinds
from rnnlint.keras.ingredients import CELLS, DROPOUTS, EVERYTHING, NAMES, RECURRENT, in_bytes
from rnnlint.keras.kinds import Kind
from rnnlint.keras.table import names, spec
from rnnlint.prefilter import gate as gates
from rnnlint.prefilter.gate import Examined, Gate, ScannedImport, imports, requirements
from rnnlint.prefilter.reach import Reach, bits
from rnnlint.project.modules import Modules
from rnnlint.project.walk import discover
from rnnlint.registry import RULES
from rnnlint.run import loop as runner
from rnnlint.settings.settings import Settings
from rnnlint.source import syntax
from tests import pages
from tests.pages import Block

GROUPS = [group for page in [*pages.pages(), *pages.cases()] for group in pages.groups(page)]


def found(folder: Path, settings: Settings) -> list[tuple[str, str, int, int, str]]:
    return [
        (one.span.path, one.code, one.span.row, one.span.column, one.message)
        for result in runner.run([str(folder)], lambda _: settings)
        for one in result.findings
    ]


def candidates(folder: Path, settings: Settings | None = None) -> list[str]:
    """The names of the files below a folder that are analysed."""
    settings = settings or Settings()
    listed = discover([str(folder)], lambda _: settings)
    modules = Modules(listed.files, (str(folder),))
    gate = Gate(requirements([settings.rules]), modules, lambda path: Path(path).read_bytes())
    for path in listed.paths:
        gate.look(path, Path(path).read_bytes())
    return sorted(str(Path(path).relative_to(folder)) for path in gate.candidates())


def open_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse every file, all of it."""
    monkeypatch.setattr(Gate, "maybe", lambda gate: list(gate._holds))
    monkeypatch.setattr(Gate, "examine", lambda _, paths: Examined(dict.fromkeys(paths)))


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group[0].id)
def test_findings_are_the_same_without_the_gate(
    group: tuple[Block, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for block in group:
        path = tmp_path / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages.notebook(pages.cells_of(block.text)) if path.suffix == ".ipynb" else block.text)
    settings = pages.settings_of(group[0])
    gated = found(tmp_path, settings)
    open_wide(monkeypatch)
    assert gated == found(tmp_path, settings)


@pytest.mark.keras
def test_findings_in_keras_itself_are_the_same_without_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    spec = importlib.util.find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "src" / "layers"
    settings = Settings(rules=frozenset(rule.code for rule in RULES))
    skipped = len(discover([str(folder)], lambda _: settings).files) - len(candidates(folder, settings))
    assert skipped > 100
    gated = found(folder, settings)
    assert gated
    open_wide(monkeypatch)
    assert gated == found(folder, settings)


MODEL = """
import keras
from keras import layers
model = keras.Sequential([keras.Input((9, 4)), {}])
"""


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ("layers.Dropout(.3), layers.LSTM(4)", True),
        ("layers.Dropout(.3), layers.Dense(4)", False),
        ("layers.LSTM(4), layers.Dense(4)", False),
        ("layers.LSTM(4, dropout=.3)", True),
        ("layers.LSTM(4, 'tanh', 'sigmoid', True)", True),  # arguments without their names
        ("layers.Dropout(30)", True),
        ("layers.Dropout(rate)", True),
        ("layers.Dropout(**options)", True),
        ("make(layers.Dropout)", True),
        ("layers.Dropout(.3, (None, 1, 4))", True),
        ("getattr(layers, 'Dropout')(.3), layers.GRU(4)", True),
        ("isinstance(layer, layers.Dropout), isinstance(layer, layers.LSTM)", False),
        ("layers.DropoutConfig(rate), LSTMConfig(1, 2, 3)", False),  # other people's classes
    ],
)
def test_a_file_needs_what_some_rule_speaks_of(layers: str, wanted: bool, tmp_path: Path) -> None:
    write(tmp_path, {"model.py": MODEL.format(layers)})
    assert candidates(tmp_path) == (["model.py"] if wanted else [])


def test_a_cell_is_recurrent(tmp_path: Path) -> None:
    """Some rules speak of cells by themselves, beside which a recurrent layer may stand elsewhere."""
    cell = "from keras import layers\n\n\ndef build():\n    return layers.LSTMCell(8, recurrent_dropout=0.3)\n"
    write(tmp_path, {"cell.py": cell + "\n\na = layers.LSTM(8)\n"})
    settings = Settings(rules=frozenset({"RNN503"}), keras_version="3.0")
    assert [code for _, code, *_ in found(tmp_path, settings)] == ["RNN503"]


def test_prose_is_not_code(tmp_path: Path) -> None:
    write(tmp_path, {"model.py": '"""A Dropout before an LSTM."""\n# Dropout(.3), LSTM(4)' + MODEL.format("")})
    assert candidates(tmp_path) == []


def test_the_selected_rules_decide(tmp_path: Path) -> None:
    write(tmp_path, {"model.py": MODEL.format("layers.Dropout(.3), layers.LSTM(4)")})
    assert candidates(tmp_path, Settings(rules=frozenset({"RNN102"}))) == ["model.py"]
    assert candidates(tmp_path, Settings(rules=frozenset({"RNN107"}))) == []
    assert candidates(tmp_path, Settings(rules=frozenset())) == []


def test_another_framework_is_none_of_its_business(tmp_path: Path) -> None:
    write(tmp_path, {"model.py": "from torch import nn\nnet = nn.Sequential(nn.Dropout(.3), nn.LSTM(4, 4))\n"})
    assert candidates(tmp_path) == []


@pytest.mark.parametrize(
    "files",
    [
        {
            "drop.py": "from keras.layers import Dropout\ndef drop(x): return Dropout(.3)(x)\n",
            "rec.py": "from keras.layers import LSTM\ndef rec(x): return LSTM(4)(x)\n",
            "main.py": "from drop import drop\nimport rec as r\ndef build(x): return r.rec(drop(x))\n",
        },
        {
            "pkg/__init__.py": "",
            "pkg/drop.py": "from keras.layers import Dropout\ndef drop(x): return Dropout(.3)(x)\n",
            "pkg/rec.py": "from keras.layers import LSTM\ndef rec(x): return LSTM(4)(x)\n",
            "main.py": "import pkg\ndef build(x): return pkg.rec.rec(pkg.drop.drop(x))\n",
        },
        {
            "pkg/__init__.py": "from .drop import drop\nfrom .rec import *\n",
            "pkg/drop.py": "from keras.layers import Dropout\ndef drop(x): return Dropout(.3)(x)\n",
            "pkg/rec.py": "from keras.layers import LSTM\ndef rec(x): return LSTM(4)(x)\n",
            "main.py": "from pkg import (\n    drop,  # the first\n    rec,\n)\ndef build(x): return rec(drop(x))\n",
        },
        {
            "src/blocks/drop.py": "from keras.layers import Dropout as D\n",
            "src/blocks/rec.py": "from ..cells import L\nfrom .drop import D\ndef build(x): return L(4)(D(.3)(x))\n",
            "src/cells.py": "import keras\nL = keras.layers.LSTM\n",
            "main.py": "from blocks.rec import build\nmodel = build(1)\n",
        },
    ],
    ids=["scripts", "attributes", "package", "aliases"],
)
def test_ingredients_come_together_over_imports(files: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, files)
    (tmp_path / "other.py").write_text("import json\nprint(json.dumps(1))\n")
    chosen = candidates(tmp_path)
    assert "main.py" in chosen
    assert "other.py" not in chosen


def test_a_notebook_is_asked_by_its_cells(tmp_path: Path) -> None:
    write(tmp_path, {"blocks.py": MODEL.format("layers.Dropout(.3), layers.LSTM(4)")})
    (tmp_path / "use.ipynb").write_text(pages.notebook(["from blocks import model", "model.summary()"]))
    (tmp_path / "prose.ipynb").write_text(pages.notebook(["import json", "print(1)"]))
    assert candidates(tmp_path) == ["blocks.py", "use.ipynb"]


def test_what_cannot_be_read_is_analysed(tmp_path: Path) -> None:
    gate = Gate(requirements([Settings().rules]), Modules(), lambda _: None)
    gate.look("gone.py", None)
    assert gate.candidates() == {"gone.py"}


def test_code_that_ast_refuses_is_analysed(tmp_path: Path) -> None:
    write(tmp_path, {"model.py": MODEL.format("layers.Dropout(.3), layers.LSTM(4)") + "print 'python 2'\n"})
    assert candidates(tmp_path) == ["model.py"]


def test_files_with_no_word_of_it_are_not_imported_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file in question, no file is looked at twice."""
    write(tmp_path, {f"m{i}.py": f"import m{i - 1}\nimport keras\n" for i in range(1, 20)})
    monkeypatch.setattr(gates, "imports", lambda _: pytest.fail("imports were read"))
    assert candidates(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("import a.b, c as d\n", [ScannedImport("a.b", 0), ScannedImport("c", 0)]),
        ("from a import b as c, d\n", [ScannedImport("a", 0, ("b", "d"))]),
        ("from . import b\n", [ScannedImport("", 1, ("b",))]),
        ("    from ..a.b import *  # all\n", [ScannedImport("a.b", 2, ("*",))]),
        ("from a import (  # first\n    b,\n    c as d,\n)\n", [ScannedImport("a", 0, ("b", "c"))]),
        ("from a import b, \\\n    c\n", [ScannedImport("a", 0, ("b", "c"))]),
        ("x = 1; import a\n", [ScannedImport("a", 0)]),
        ('    "from a import b\\n",\n    "import c\\n"\n', [ScannedImport("a", 0, ("b",)), ScannedImport("c", 0)]),
        ('"source": "import a\\nfrom b import c"', [ScannedImport("a", 0), ScannedImport("b", 0, ("c",))]),
        ("try: import a\nexcept ImportError: import b\n", [ScannedImport("a", 0), ScannedImport("b", 0)]),
        ("important = reimport(x)\n", []),
    ],
)
def test_imports(text: str, wanted: list[ScannedImport]) -> None:
    assert list(imports(text.encode())) == wanted
    assert list(imports(text.replace("\n", "\r\n").encode())) == wanted


def test_the_code_uses_at_most_what_the_bytes_name(tmp_path: Path) -> None:
    """Over all blocks: what the parts of a file hold, `in_bytes` says as well."""
    for number, group in enumerate(GROUPS):
        for block in group:
            if isinstance(syntax.parse(block.text), syntax.SyntaxProblem):
                continue
            path = tmp_path / f"m{number}.py"
            path.write_text(block.text)
            reach = Reach(Modules(), lambda _: (), lambda _: 0, lambda _: True)
            file = reach.file(str(path))
            nodes = [file.body, file.main, *(node for nodes in file.definitions.values() for node in nodes)]
            held = reach.closure(nodes).held
            assert held & ~bits(in_bytes(block.text.encode())) == 0, block.id


def test_needs_are_ingredients() -> None:
    for rule in RULES:
        for need in rule.requires:
            assert need <= EVERYTHING, rule.code
    assert set(NAMES) <= EVERYTHING


def test_the_classes_of_all_versions_are_ingredients() -> None:
    groups: list[tuple[AbstractSet[Kind], AbstractSet[str]]] = [
        (kinds.DROPOUTS, DROPOUTS),
        (kinds.RECURRENT, RECURRENT),
        (kinds.CELLS, CELLS),
        ({Kind.MASKING}, NAMES["masking"]),
        ({Kind.EMBEDDING}, NAMES["embedding"]),
        ({Kind.TIME_DISTRIBUTED}, NAMES["time-distributed"]),
        ({Kind.LAMBDA}, NAMES["lambda"]),
    ]
    for of, wanted in groups:
        assert {name for name in names() if (row := spec(name)) is not None and row.kind in of} == wanted


def test_the_names_of_every_ingredient_are_found_in_bytes() -> None:
    for ingredient, words in NAMES.items():
        for word in words:
            assert ingredient in in_bytes(f"ropout {word}".encode()), word
