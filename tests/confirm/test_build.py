"""--build: the user's own code is run, recorded, and what it built compared with the findings."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import pytest

from rnnlint.confirm.observed.account import read_account
from rnnlint.confirm.observed.targets import build_request
from rnnlint.confirm.session import BuildError, Session
from rnnlint.graph import Graph, Layer, Span
from rnnlint.keras.versions import KerasTargets, parse_keras_version
from rnnlint.run import confirmed
from rnnlint.run import loop as runner
from rnnlint.settings.settings import Settings
from rnnlint.source.read import from_text
from rnnlint.source.source import Source
from tests.confirm.confirming import LIMITS

DRIVER = Path(__file__).with_name("building.py")
ENV = KerasTargets(parse_keras_version("3.15"), frozenset({"tensorflow"}))

# ---------------------------------------------------------------------------------------------------------------------
# A project

GOOD = dedent('''
    """Builders that work, under Keras 2 and 3."""

    import numpy as np
    from tensorflow import keras
    from tensorflow.keras import layers


    def functional(units=8, *, rate=0.5):
        inputs = keras.Input((10, 1))
        x = layers.Dropout(rate)(inputs)
        x = layers.LSTM(units, recurrent_dropout=0.2, return_sequences=True)(x)
        y = layers.Dense(3)(x) + 1
        x = layers.concatenate([x, y])[:, 1:]
        return keras.Model(inputs, layers.GRU(2)(x, training=True))


    def sequential():
        return keras.Sequential([
            layers.Input((10, 4)),
            layers.Bidirectional(layers.LSTM(3, dropout=0.1)),
            layers.Dense(1),
        ])


    def deferred():
        model = keras.Sequential()
        model.add(layers.Dropout(0.5))
        model.add(layers.LSTM(4))
        model.build((None, 8, 1))
        return model


    def never_called():
        return keras.Sequential([layers.Dropout(0.5), layers.LSTM(4)])


    class Block(layers.Layer):
        def __init__(self, rate):
            super().__init__()
            self.drop = layers.Dropout(rate)
            self.rnn = layers.LSTM(4, return_sequences=True)

        def call(self, x, training=False):
            return x + self.rnn(self.drop(x, training=training))


    class Net(keras.Model):
        def __init__(self, rate=0.2):
            super().__init__()
            self.block = Block(rate)
            self.tail = keras.Sequential([layers.GRU(3), layers.Dense(1)])

        def call(self, inputs):
            return self.tail(self.block(inputs["x"]))


    def subclass(rate=0.2):
        model = Net(rate)
        model({"x": np.ones((2, 9, 4), "float32")})
        return model


    def not_called():
        return Net()


    def nested():
        base = keras.Sequential([layers.Input((None, 4)), layers.Dropout(0.1), layers.LSTM(5, return_sequences=True)])
        x = keras.Input((7, 4))
        y = layers.GRU(2)(Block(0.5)(layers.Dense(4)(base(x))))
        return {"model": keras.Model(x, y), "parts": (base, None)}


    class Tensors(keras.Model):
        """Asks for values, which symbolic tensors do not have."""

        def __init__(self):
            super().__init__()
            self.drop = layers.Dropout(0.3)
            self.rnn = layers.LSTM(4, return_sequences=True)
            self.head = layers.Dense(2)

        def call(self, x, training=None):
            x = self.rnn(self.drop(x, training=training))
            return self.head(keras.backend.get_value(x) * 2 if hasattr(x, "numpy") else np.asarray(x))


    def tensors():
        model = Tensors()
        model(np.ones((2, 9, 4), "float32"))
        return model


    class Builder:
        def __init__(self, units):
            self.units = units

        def make(self, rate=0.1):
            self.model = keras.Sequential([layers.Input((5, 2)), layers.Dropout(rate), layers.LSTM(self.units)])
            return self


    def table(kinds=("Dropout", "LSTM")):
        model = keras.Sequential([layers.Input((5, 1))])
        for kind, options in zip(kinds, ({"rate": np.float32(0.5)}, {"units": 3})):
            model.add(getattr(layers, kind)(**options))
        return model

''').lstrip()

BAD = dedent('''
    """Builders that misbehave."""

    import os
    import signal
    import sys
    import threading
    import time

    from tensorflow import keras
    from tensorflow.keras import layers

    SIZE = 4


    def model():
        return keras.Sequential([layers.Input((5, 1)), layers.Dropout(0.5), layers.LSTM(3)])


    def raises():
        return layers.Dropout(1.5)


    def asks():
        return model() if input("really? ") else None


    def exits():
        sys.exit("done")


    def fetches():
        return keras.utils.get_file("weights.h5", "http://nowhere.invalid/weights.h5")


    def opens():
        from urllib.request import urlopen

        return urlopen("http://nowhere.invalid/weights.h5")


    def needs(units, rate=0.5):
        return model()


    def nothing():
        model()


    def number():
        return 3


    async def coroutine():
        return model()


    def recursive():
        return recursive()


    def imports():
        import there_is_no_such_module


    def starves():
        raise MemoryError


    def loops():
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                pass


    def trains():
        import numpy as np

        made = model()
        made.compile("sgd", "mse")
        made.fit(np.ones((64, 5, 1)), np.ones((64, 3)), epochs=1_000_000, verbose=0)
        return made


    def graph_mode():
        import tensorflow as tf

        tf.compat.v1.disable_eager_execution()
        return model()


    # What is none of our business, as long as a model comes of it.

    def forks():
        os.fork()
        return model()


    def pools():
        import multiprocessing

        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(abs, [1, -2])
        return model()


    def unsettles():
        os.chdir("/")
        os.environ["RNNLINT_TEST"] = "1"
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.argv.append("--more")
        sys.settrace(lambda *_: None)
        keras.mixed_precision.set_global_policy("mixed_float16")
        keras.backend.set_floatx("float64")
        return model()


    def mutes():
        del sys.stdout
        sys.stderr = None
        return model()


    def trains_a_little():
        import numpy as np

        made = model()
        made.compile("sgd", "mse")
        made.fit(np.ones((8, 5, 1)), np.ones((8, 3)), verbose=0)
        return made


    def lingers():
        threading.Thread(target=time.sleep, args=(600,)).start()
        return model()


    def dies():
        os._exit(3)


    def prints():
        for _ in range(1000):
            print("x" * 1_000_000)
        return model()


    def insists():
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True:
            pass
''').lstrip()

FILES = {
    "good.py": GOOD,
    "bad.py": BAD,
    "broken.py": "def make(:\n",
    "crashes.py": "x = 1\ny = x / 0\n",
    "quits.py": "import sys\nsys.exit(2)\n",
    "shop/__init__.py": "",
    "shop/parts.py": "from tensorflow.keras import layers\n\n\ndef drop():\n    return layers.Dropout(0.1)\n",
    "shop/net.py": "from tensorflow import keras\nfrom .parts import drop\n\n\ndef make():\n"
    "    return keras.Sequential([keras.Input((4, 1)), drop(), keras.layers.LSTM(2)])\n",
    "code.py": "from bad import model\n",
    "ready.py": "from tensorflow import keras\n\n"
    "net = keras.Sequential([keras.Input((5, 1)), keras.layers.SimpleRNN(3)])\n",
}


def project(folder: Path) -> Path:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder.resolve()


def sources(folder: Path) -> dict[str, Source]:
    return {str(folder / name): from_text(text, name) for name, text in FILES.items()}


Answers = dict[tuple[str, str], tuple[Graph | None, str, Any]]


@cache
def built(python: str) -> Answers:
    """The graph or the message of each target, and what it changed; one process for all."""
    asked = [(one[0], one[1]) for one in SEEN] + [(one[0], one[1]) for one in FAILS]
    asked += [(target, "") for target in [*HARMLESS, "good:tensors"]]
    asked.append(("bad:graph_mode", ""))  # nothing works after it
    with TemporaryDirectory() as name:
        folder = project(Path(name))
        requests = [
            {**build_request(target, eval(f"dict({given})"), 2 if target in SLOW else 600, str(folder)), "id": number}
            for number, (target, given) in enumerate(asked)
        ]
        given, taken = folder / "requests.json", folder / "answers.json"
        given.write_text(json.dumps(requests), encoding="utf-8")
        done = subprocess.run(
            [python, str(DRIVER), str(given), str(taken)],
            stdin=subprocess.DEVNULL,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=900,
            check=False,
            start_new_session=True,
        )
        assert taken.exists(), done.stderr[-3000:]
        answers = json.loads(taken.read_text(encoding="utf-8"))
        known = sources(folder)
        return {
            key: (
                read_account(answer["built"]["graph"], known) if "built" in answer else None,
                answer.get("failed", {}).get("message", "").replace(str(folder), "FOLDER"),
                answer["changed"],
            )
            for key, answer in zip(asked, answers, strict=True)
        }


BOTH = [
    pytest.param("keras3_python", marks=pytest.mark.keras),
    pytest.param("keras2_python", marks=pytest.mark.keras2),
]


@pytest.fixture(params=BOTH)
def answers(request: pytest.FixtureRequest) -> Answers:
    return built(request.getfixturevalue(request.param))


def told(graph: Graph) -> list[str]:
    """A graph in a few lines: per node the layer with its arguments or the operation, and the shape of its output."""
    lines = []
    for node in graph.nodes:
        name = node.name.rpartition(".")[2]
        if node.layer is not None:
            name = text(graph, node.layer) + ("" if not node.args else f"@{','.join(arg.name for arg in node.args)}")
        lines.append(f"{name} {node.shape}")
    return lines


def text(graph: Graph, layer: Layer) -> str:
    values = [
        f"{arg.name}={text(graph, graph.layers[one.layer]) if hasattr(one, 'layer') else getattr(one, 'value', '?')}"
        for arg in layer.args
        for one in [arg.value]
    ]
    return f"{layer.short}({', '.join(values)})"


# ---------------------------------------------------------------------------------------------------------------------
# What is seen

DROP_AND_LSTM = ["Input (None, 5, 1)", "Dropout(rate=0.5) (None, 5, 1)", "LSTM(units=3) (None, 3)"]
BLOCK = [
    "Dropout(rate={0}) (None, {1}, 4)",
    "LSTM(units=4, return_sequences=True) (None, {1}, 4)",
    "add (None, {1}, 4)",
]
# Target, arguments, the nodes, the kinds of the models.
SEEN: list[tuple[str, str, list[str], list[str]]] = [
    (
        "good:functional",
        "units=6, rate=0.3",
        [
            "Input (None, 10, 1)",
            "Dropout(rate=0.3) (None, 10, 1)",
            "LSTM(units=6, recurrent_dropout=0.2, return_sequences=True) (None, 10, 6)",
            "Dense(units=3) (None, 10, 3)",
            "add (None, 10, 3)",
            "Concatenate() (None, 10, 9)",
            "getitem (None, 9, 9)",
            "GRU(units=2)@training (None, 2)",
        ],
        ["functional"],
    ),
    (
        "good:sequential",
        "",
        [
            "Input (None, 10, 4)",
            "Bidirectional(layer=LSTM(units=3, dropout=0.1)) (None, 6)",
            "Dense(units=1) (None, 1)",
        ],
        ["sequential"],
    ),
    (
        "good:deferred",
        "",
        ["Input (None, 8, 1)", "Dropout(rate=0.5) (None, 8, 1)", "LSTM(units=4) (None, 4)"],
        ["sequential"],
    ),
    ("good:never_called", "", ["Input None", "Dropout(rate=0.5) None", "LSTM(units=4) None"], ["sequential"]),
    (
        "good:subclass",
        "rate=0.4",
        [
            "Input (None, 9, 4)",
            *(one.format(0.4, 9) for one in BLOCK),
            "GRU(units=3) (None, 3)",
            "Dense(units=1) (None, 1)",
        ],
        ["subclass"],
    ),
    # What is inside of a model that was not called.
    ("good:not_called", "", ["Input None", "GRU(units=3) None", "Dense(units=1) None"], ["sequential"]),
    (
        "good:nested",
        "",
        [
            "Input (None, None, 4)",
            "Dropout(rate=0.1) (None, None, 4)",
            "LSTM(units=5, return_sequences=True) (None, None, 5)",
            "Input (None, 7, 4)",
            # The same layers on what is known to be 7 timesteps.
            "Dropout(rate=0.1) (None, 7, 4)",
            "LSTM(units=5, return_sequences=True) (None, 7, 5)",
            "Dense(units=4) (None, 7, 4)",
            *(one.format(0.5, 7) for one in BLOCK),
            "GRU(units=2) (None, 2)",
        ],
        ["sequential", "functional"],
    ),
    (
        "good:Builder.make",
        "units=3",
        ["Input (None, 5, 2)", "Dropout(rate=0.1) (None, 5, 2)", "LSTM(units=3) (None, 3)"],
        ["sequential"],
    ),
    (
        "good:table",
        "",
        ["Input (None, 5, 1)", "Dropout(rate=0.5) (None, 5, 1)", "LSTM(units=3) (None, 3)"],
        ["sequential"],
    ),
    ("ready:net", "", ["Input (None, 5, 1)", "SimpleRNN(units=3) (None, 3)"], ["sequential"]),
    (
        "good.py:table",
        "",
        ["Input (None, 5, 1)", "Dropout(rate=0.5) (None, 5, 1)", "LSTM(units=3) (None, 3)"],
        ["sequential"],
    ),
    (
        "shop/net.py:make",
        "",
        ["Input (None, 4, 1)", "Dropout(rate=0.1) (None, 4, 1)", "LSTM(units=2) (None, 2)"],
        ["sequential"],
    ),
    (
        "shop.net:make",
        "",
        ["Input (None, 4, 1)", "Dropout(rate=0.1) (None, 4, 1)", "LSTM(units=2) (None, 2)"],
        ["sequential"],
    ),
    ("code:model", "", DROP_AND_LSTM, ["sequential"]),
]


@pytest.mark.parametrize(("target", "arguments", "nodes", "models"), SEEN, ids=[one[0] for one in SEEN])
def test_seen(answers: Answers, target: str, arguments: str, nodes: list[str], models: list[str]) -> None:
    graph, message, changed = answers[target, arguments]
    assert graph is not None, message
    assert told(graph) == nodes
    assert [model.kind for model in graph.models] == models
    assert changed == []


def test_a_model_that_needs_values_is_run(answers: Answers) -> None:
    graph, message, _ = answers["good:tensors", ""]
    assert graph is not None, message
    lines = told(graph)
    assert lines[:3] == [
        "Input (None, 9, 4)",
        "Dropout(rate=0.3) (None, 9, 4)",
        "LSTM(units=4, return_sequences=True) (None, 9, 4)",
    ]
    assert lines[-1] == "Dense(units=2) (None, 9, 2)"
    # What lies between was computed by other means.
    assert [node.kind for node in graph.nodes[3:-1]] == ["opaque"]


def test_what_cannot_be_seen_is_said(answers: Answers) -> None:
    graph, _, _ = answers["good:never_called", ""]
    assert graph is not None
    assert [note.message for note in graph.notes] == ["the Sequential has no input shape: begin it with an Input"]
    graph, _, _ = answers["good:not_called", ""]
    assert graph is not None
    assert "no input shape of the model Net is known" in graph.notes[0].message


def test_places(answers: Answers) -> None:
    """Layers, arguments and calls stand where the code has them."""
    graph, _, _ = answers["good:functional", "units=6, rate=0.3"]
    assert graph is not None
    rows = GOOD.split("\n")

    def code(span: Span) -> str:
        assert (span.path, span.row) == ("good.py", span.end_row)
        assert span.statement == (span.row, span.row)
        return rows[span.row - 1][span.column - 1 : span.end_column - 1]

    lstm = next(layer for layer in graph.layers if layer.short == "LSTM")
    assert code(lstm.span) == "layers.LSTM(units, recurrent_dropout=0.2, return_sequences=True)"
    assert [(code(arg.span), arg.positional) for arg in lstm.args] == [
        ("units", True),
        ("recurrent_dropout=0.2", False),
        ("return_sequences=True", False),
    ]
    calls = {node.name.rpartition(".")[2]: code(node.span) for node in graph.nodes}
    assert calls["LSTM"] == "layers.LSTM(units, recurrent_dropout=0.2, return_sequences=True)(x)"
    assert calls["add"] == "layers.Dense(3)(x) + 1"
    assert calls["Concatenate"] == "layers.concatenate([x, y])"
    assert calls["getitem"] == "layers.concatenate([x, y])[:, 1:]"
    assert code(graph.models[0].span) == "keras.Model(inputs, layers.GRU(2)(x, training=True))"


# ---------------------------------------------------------------------------------------------------------------------
# What goes wrong

SLOW = ("bad:loops", "bad:trains")
ROW = {
    name: BAD[: BAD.index(f"def {name}(")].count("\n") + 1 for name in ("raises", "asks", "exits", "fetches", "opens")
}
FAILS: list[tuple[str, str, str]] = [
    ("bad:raises", "", f"raises() raises at bad.py:{ROW['raises'] + 1} ValueError: "),
    ("bad:asks", "", f"asks() asks for input at bad.py:{ROW['asks'] + 1}; let --build call what does not"),
    ("bad:exits", "", f"exits() ends the program at bad.py:{ROW['exits'] + 1} (exit done); let --build call"),
    ("bad:fetches", "", f"fetches() tries to reach the network at bad.py:{ROW['fetches'] + 1} ("),
    ("bad:opens", "", f"opens() tries to reach the network at bad.py:{ROW['opens'] + 3} (URLError: "),
    ("bad:needs", "", "needs() needs units: give --build-arg units=VALUE"),
    ("bad:needs", "unit=3", "needs() needs units: give --build-arg units=VALUE"),
    ("bad:needs", "units=3, rat=1", "needs() has no argument rat; it takes units, rate"),
    ("bad:nothing", "", "nothing() gives None, no Keras model: let it return the model"),
    ("bad:number", "", "number() gives an object of type int, no Keras model"),
    ("bad:coroutine", "", "coroutine() gives an object of type coroutine, no Keras model"),
    ("bad:recursive", "", "recursive() raises at bad.py:"),
    ("bad:imports", "", "imports() needs the module there_is_no_such_module at bad.py:"),
    ("bad:starves", "", "starves() runs out of memory at bad.py:"),
    ("bad:loops", "", "loops() has not returned after 2 s, still at bad.py:"),
    ("bad:trains", "", "trains() has not returned after 2 s, still at bad.py:"),
    ("bad:SIZE", "", "SIZE gives an object of type int, no Keras model"),
    ("bad:SIZE", "a=1", "SIZE is no function, so it takes no --build-arg"),
    ("bad:modle", "", "bad has no 'modle'; its functions are model, raises, asks, "),
    ("good:Builder.make", "", "Builder() needs units: give --build-arg units=VALUE"),
    ("nowhere:make", "", "there is no module nowhere in FOLDER; name a module or a file: path/to/file.py:make"),
    ("shop.nowhere:make", "", "there is no module shop.nowhere in FOLDER"),
    ("nowhere/net.py:make", "", "there is no file nowhere/net.py"),
    ("broken:make", "", "importing broken fails: broken.py:1: "),
    ("crashes:make", "", "importing crashes raises at crashes.py:2 ZeroDivisionError: division by zero"),
    ("quits:make", "", "importing quits ends the program at quits.py:2 (exit 2); let --build call"),
]


@pytest.mark.parametrize(("target", "arguments", "expected"), FAILS, ids=[f"{one[0]}({one[1]})" for one in FAILS])
def test_failed(answers: Answers, target: str, arguments: str, expected: str) -> None:
    graph, message, changed = answers[target, arguments]
    assert graph is None
    assert message.startswith(expected)
    assert "\n" not in message
    assert changed == []


def test_training_is_named(answers: Answers) -> None:
    assert "in fit(); let --build call a function that builds the model" in answers["bad:trains", ""][1]


def test_graph_mode(answers: Answers) -> None:
    assert answers["bad:graph_mode", ""][1].startswith("graph_mode() turns eager execution off")


HARMLESS = [f"bad:{name}" for name in ["model", "forks", "pools", "unsettles", "mutes", "trains_a_little", "lingers"]]


@pytest.mark.parametrize("target", HARMLESS)
def test_harmless(answers: Answers, target: str) -> None:
    """A model comes of it, and the process is as it was."""
    graph, message, changed = answers[target, ""]
    assert graph is not None, message
    assert told(graph) == DROP_AND_LSTM
    assert changed == []


@pytest.mark.keras
def test_what_the_worker_does_not_survive(keras3_python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    session = Session(keras3_python, limits=replace(LIMITS, seconds=20))
    try:
        with pytest.raises(BuildError, match="it ended with status 3"):
            session.build("bad:dies", {})
        assert len(session.build("bad:prints", {})["layers"]) == 2
        session._limits = replace(session._limits, seconds=1)
        with pytest.raises(BuildError, match="--confirm-timeout sets the limit"):
            session.build("bad:insists", {})
        session._limits = replace(session._limits, seconds=20)
        assert len(session.build("bad:forks", {})["layers"]) == 2
    finally:
        session.close()


# ---------------------------------------------------------------------------------------------------------------------
# From the files to the verdicts

NET = """import json
import keras
from keras import layers

KINDS = json.loads('["Dropout", "GRU"]')


def make(rate=0.5, features=1):
    inputs = keras.Input((10, features))
    x = layers.Dropout(rate)(inputs)
    return keras.Model(inputs, layers.LSTM(4)(x))


def table():
    model = keras.Sequential([keras.Input((6, 1))])
    model.add(getattr(layers, KINDS[0])(0.25))
    model.add(getattr(layers, KINDS[1])(3))
    return model


def silent():
    model = keras.Sequential([keras.Input((6, 1))])
    model.add(getattr(layers, KINDS[0])(0.25))  # noqa: RNN101
    model.add(getattr(layers, KINDS[1])(3))
    return model
"""


@pytest.mark.keras
def test_findings(keras3_python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A static finding gets the live one's figures; what only the run shows is added, unless a comment forbids it."""
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    session = Session(keras3_python, limits=LIMITS)
    settings = Settings()
    try:
        static = [
            one for result in runner.run(["net.py"], lambda _: settings, session.found) for one in result.findings
        ]
        assert [(one.code, one.span.row, one.confidence) for one in static] == [("RNN102", 10, "possible")]
        answer = confirmed.build(session, ["auto"], {}, static, ["net.py"], lambda _: settings, explain=True)
        assert answer.failed == ()
        assert [(one.code, one.span.row, one.confidence) for one in answer.findings] == [
            ("RNN101", 10, "certain"),
            ("RNN101", 16, "certain"),
        ]
        assert answer.findings[0].span == static[0].span
        verdicts = [one.verdict for one in session.confirm(answer.findings) if one.verdict is not None]
        assert [verdict.status for verdict in verdicts] == ["confirmed", "confirmed"]
        assert [verdict.evidence[-16:] for verdict in verdicts] == ["predicted 50.0 %", "predicted 25.0 %"]
        blind = [note.message for note in answer.notes if note.span.row == 16]
        assert blind == ["the analysis does not see this Dropout"]
        # With thirty features no timestep is lost.
        given = {"rate": 0.3, "features": 30}
        answer = confirmed.build(session, ["net:make"], given, static, ["net.py"], lambda _: settings)
        assert [(one.code, one.confidence) for one in answer.findings] == [("RNN102", "certain")]
        assert "Dropout(0.3)" in answer.findings[0].message
    finally:
        session.close()
