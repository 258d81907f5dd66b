"""`rnnlint graph`: its formats, and what it says of code that is understood in part only."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from rnnlint.cli.program import cli
from tests.pages import notebook

TEXT = """\
import keras
from keras import layers
from helpers import attention


def block(units):
    return keras.Sequential([layers.LSTM(units, return_sequences=True), layers.Dropout(0.2)], name="block")


def build(deep=False):
    inputs = keras.Input((100, 1))
    x = layers.Dropout(0.3)(inputs)
    if deep:
        x = layers.GRU(16, return_sequences=True, recurrent_dropout=0.1)(x)
    x = block(16)(x)
    a = attention(x)
    b = layers.Bidirectional(layers.LSTM(8, return_sequences=True), name="both")(x)
    return keras.Model(inputs, layers.Concatenate()([a, b]), name="net")
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(TEXT)
    return tmp_path / "net.py"


def run(*arguments: str, width: int = 80) -> Result:
    options = ("--isolated", "--keras-version", "3.15", "--backend", "tensorflow")
    return CliRunner(env={"COLUMNS": str(width)}).invoke(cli, ["graph", *arguments, *options])


def test_table(net: Path) -> None:
    result = run("net.py")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "net.py, read for Keras 3.15 on tensorflow"
    assert lines[2] == 'Model "net", line 18, input (None, 100, 1)'
    assert max(map(len, lines[:30])) <= 80
    rows = {match[2]: line for line in lines if (match := re.match(r"([\d.]+) +(\S+)", line))}
    assert "(None, 100, 1)" in rows["Dropout"] or "0.3: batch" in result.stdout
    assert rows["GRU"].endswith("no:")
    assert rows["LSTM"].rstrip().endswith("yes")
    text = " ".join(result.stdout.split())
    assert "helpers.attention() is outside of the code that was read" in text
    assert "from 2 or 3" in text or "from 3 or 2" in text
    assert "on some paths only" in text
    assert "RNN101" in text
    assert "RNN201?" in text


def test_tree(net: Path) -> None:
    result = run("net.py", "--format", "tree")
    assert '    ├── 4 Sequential "block" (line 7) (None, 100, 16)' in result.stdout
    assert "    │   ├── 4.1 LSTM (line 7)" in result.stdout
    assert "    │   └── 6.1 LSTM (line 17); cuDNN yes" in result.stdout


def test_json(net: Path) -> None:
    (file,) = json.loads(run("net.py", "--format", "json").stdout)
    model = next(one for one in file["models"] if one["name"] == "net")
    by_class = {row["class"]: row for row in model["layers"]}
    assert by_class["?"]["kind"] == "opaque"
    assert by_class["?"]["reason"]
    assert by_class["GRU"]["confidence"] == "possible"
    assert by_class["Sequential"]["calls"] == [{"inputs": [["3", "2"]], "outputs": [[None, 100, 16]]}]
    assert [row["class"] for row in by_class["Sequential"]["layers"]] == ["LSTM", "Dropout"]
    assert [one["code"] for one in by_class["Dropout"]["findings"]] == ["RNN101"]
    assert by_class["Concatenate"]["calls"][0]["inputs"] == [["5"], ["6"]]


def test_mermaid(net: Path) -> None:
    text = run("net.py", "--format", "mermaid").stdout
    assert text.startswith("flowchart TD\n")
    assert "f1m1r3 -.-> f1m1r4" in text  # one of two ways
    assert "f1m1r5 --> f1m1r7" in text
    assert text.count("subgraph") == sum(line.strip() == "end" for line in text.splitlines())


def test_svg(net: Path) -> None:
    """No box lies over another, and every row of the outermost level has one."""
    pytest.importorskip("grandalf")
    result = run("net.py", "--format", "svg", "-o", "net.svg")
    assert result.exit_code == 0, result.output
    picture = ET.parse(net.with_name("net.svg")).getroot()
    space = "{http://www.w3.org/2000/svg}"
    groups = picture.findall(f"{space}g")
    assert groups
    for group in groups:
        boxes = [
            tuple(float(box.attrib[name]) for name in ("x", "y", "width", "height"))
            for box in group.findall(f"{space}rect")
        ]
        for index, (x, y, width, height) in enumerate(boxes):
            assert x >= 0
            assert x + width <= float(picture.attrib["width"])
            for a, b, wide, high in boxes[:index]:
                assert x >= a + wide or a >= x + width or y >= b + high or b >= y + height
    assert len(groups[0].findall(f"{space}rect")) == 7


def test_without_the_extra(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "grandalf"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "grandalf", None)
    monkeypatch.setitem(sys.modules, "grandalf.graphs", None)
    result = run("net.py", "--format", "svg")
    assert result.exit_code == 2
    assert result.stderr == "error: a picture needs an extra: pip install 'rnnlint[graph]'\n"


def test_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cells = [
        "import keras\nfrom keras import layers",
        "model = keras.Sequential([keras.Input((9, 2)), layers.LSTM(4)])",
    ]
    (tmp_path / "net.ipynb").write_text(notebook(cells))
    result = run("net.ipynb")
    assert "Sequential, cell 2:1, input (None, 9, 2)" in result.stdout
    assert re.search(r"LSTM +cell 2:1 +\(None, 4\) +yes", result.stdout)


def test_no_model_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").write_text("x = 1\n")
    assert "no model" in run("a.py").stdout
    assert run("b.py").exit_code == 2
    (tmp_path / "c.py").write_text("import keras\nx = (\n")
    assert run("c.py").exit_code == 1
