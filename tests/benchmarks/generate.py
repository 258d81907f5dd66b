"""Projects and files that are made up for the benchmark; the same text every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from string import Template

_LOADER = Template('''"""Reads the measurements of station $n and cuts them into windows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

COLUMNS = ("time", "temperature", "pressure", "wind", "humidity")
WINDOW = $window


@dataclass(frozen=True)
class Window:
    """Some hours, and the hour after them."""

    values: np.ndarray
    target: float


class Station$n:
    """The files of one station."""

    def __init__(self, folder: Path, step: int = 1) -> None:
        self.folder = folder
        self.step = step
        self._mean = np.zeros(len(COLUMNS) - 1)
        self._deviation = np.ones(len(COLUMNS) - 1)

    def rows(self) -> Iterator[list[float]]:
        """All rows of all files that hold every value."""
        for path in sorted(self.folder.glob("station-$n-*.csv")):
            with path.open(newline="") as file:
                for row in csv.DictReader(file):
                    if all(row.get(column) for column in COLUMNS[1:]):
                        yield [float(row[column]) for column in COLUMNS[1:]]

    def fit(self) -> Station$n:
        """Learn the scale of each column."""
        values = np.array(list(self.rows()))
        self._mean = values.mean(axis=0)
        self._deviation = values.std(axis=0).clip(min=1e-6)
        return self

    def windows(self) -> Iterator[Window]:
        """Overlapping windows, scaled."""
        values = (np.array(list(self.rows())) - self._mean) / self._deviation
        for start in range(0, len(values) - WINDOW - 1, self.step):
            yield Window(values[start : start + WINDOW], float(values[start + WINDOW, 0]))

    def batches(self, size: int = $batch) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Windows in batches; the last one may be smaller."""
        held: list[Window] = []
        for window in self.windows():
            held.append(window)
            if len(held) == size:
                yield np.stack([one.values for one in held]), np.array([one.target for one in held])
                held.clear()
        if held:
            yield np.stack([one.values for one in held]), np.array([one.target for one in held])
''')

_METRICS = Template('''"""Errors of forecasts, number $n."""

import math
from collections import defaultdict


def mean(values):
    """The mean, or nan of nothing."""
    values = list(values)
    return sum(values) / len(values) if values else math.nan


def absolute(predicted, observed):
    """The mean absolute error."""
    return mean(abs(one - two) for one, two in zip(predicted, observed))


def root_square(predicted, observed):
    """The root of the mean squared error."""
    return math.sqrt(mean((one - two) ** 2 for one, two in zip(predicted, observed)))


def skill(predicted, observed, lag=$window):
    """How much better than repeating what was `lag` steps before."""
    naive = absolute(observed[:-lag], observed[lag:])
    return 1 - absolute(predicted[lag:], observed[lag:]) / naive if naive else math.nan


class Report$n:
    """Collects errors by horizon."""

    def __init__(self):
        self.errors = defaultdict(list)

    def add(self, horizon, predicted, observed):
        """Take one forecast."""
        self.errors[horizon].append(predicted - observed)

    def table(self):
        """Rows of horizon, bias and spread."""
        rows = []
        for horizon, errors in sorted(self.errors.items()):
            bias = mean(errors)
            spread = math.sqrt(mean((error - bias) ** 2 for error in errors))
            rows.append((horizon, round(bias, 3), round(spread, 3)))
        return rows

    def text(self):
        """The table in columns."""
        lines = ["horizon    bias  spread"]
        for horizon, bias, spread in self.table():
            lines.append(f"{horizon:>7} {bias:>7.3f} {spread:>7.3f}")
        return "\\n".join(lines)


def quantiles(values, count=$batch):
    """Evenly spaced quantiles, by the nearest rank."""
    ordered = sorted(values)
    if not ordered:
        return []
    step = (len(ordered) - 1) / max(count - 1, 1)
    return [ordered[round(index * step)] for index in range(count)]


def merge(*reports):
    """One report of several."""
    merged = Report$n()
    for report in reports:
        for horizon, errors in report.errors.items():
            merged.errors[horizon].extend(errors)
    return merged
''')

_SCRIPT = Template('''"""Command $n: trains or evaluates, by what is asked."""

import argparse
import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)
DEFAULTS = {"epochs": $batch, "window": $window, "rate": 0.2, "units": 64, "patience": 5}


def parser():
    """The options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, help="where the measurements lie")
    options.add_argument("--settings", type=Path, help="a JSON file of settings")
    options.add_argument("--evaluate", action="store_true", help="only evaluate")
    options.add_argument("--seed", type=int, default=$n)
    for name, value in DEFAULTS.items():
        options.add_argument(f"--{name}", type=type(value), default=value)
    return options


def settings(given):
    """What was given, over what the file says, over the defaults."""
    found = dict(DEFAULTS)
    if given.settings:
        found.update(json.loads(given.settings.read_text()))
    found.update({name: getattr(given, name) for name in DEFAULTS if getattr(given, name) != DEFAULTS[name]})
    unknown = sorted(set(found) - set(DEFAULTS))
    if unknown:
        raise SystemExit(f"unknown settings: {', '.join(unknown)}")
    return found


def run(given):
    """Do it."""
    chosen = settings(given)
    log.info("with %s", chosen)
    results = {}
    for path in sorted(given.folder.glob("*.csv")):
        with path.open() as file:
            rows = sum(1 for _ in file) - 1
        results[path.stem] = {"rows": rows, "windows": max(rows - chosen["window"], 0)}
    target = given.folder / "result-$n.json"
    target.write_text(json.dumps(results, indent=2, sort_keys=True))
    return results


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    run(parser().parse_args())
''')

_MODEL = Template('''"""Model $n: $title."""

from tensorflow import keras
from tensorflow.keras import layers

WINDOW = $window
FEATURES = 4


def encoder(units, rate, depth=2):
    """What reads the window."""
    inputs = keras.Input(shape=(WINDOW, FEATURES))
    x = layers.Conv1D(units, 5, padding="same", activation="relu")(inputs)
    x = layers.BatchNormalization()(x)
    for level in range(depth):
        x = layers.LSTM(units, return_sequences=level + 1 < depth)(x)
    x = layers.Dropout(rate)(x)
    return keras.Model(inputs, x, name="encoder_$n")


def forecaster(units=$units, rate=0.2, horizon=12):
    """The encoder and a dense head."""
    inputs = keras.Input(shape=(WINDOW, FEATURES))
    x = encoder(units, rate)(inputs)
    x = layers.Dense(units, activation="relu")(x)
    x = layers.Dropout(rate)(x)
    outputs = layers.Dense(horizon)(x)
    return keras.Model(inputs, outputs, name="forecaster_$n")


def baseline(units=32):
    """Something small to be better than."""
    model = keras.Sequential(name="baseline_$n")
    model.add(keras.Input(shape=(WINDOW, FEATURES)))
    model.add(layers.GRU(units, return_sequences=True))
$between    model.add(layers.GRU(units))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(1))
    return model


def classifier(words=20000, size=64, classes=5):
    """Of the texts that come with the measurements."""
    return keras.Sequential([
        layers.Embedding(words, size, mask_zero=True),
        layers.SpatialDropout1D(0.2),
        layers.Bidirectional(layers.LSTM(size$own)),
        layers.Dense(size, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(classes, activation="softmax"),
    ])


def compiled(model, rate=1e-3):
    """Ready to be trained."""
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse", metrics=["mae"])
    return model


def callbacks(folder):
    """What watches the training."""
    return [
        keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=3),
        keras.callbacks.ModelCheckpoint(f"{folder}/model-$n.keras", save_best_only=True),
    ]


def train(data, folder, epochs=$batch):
    """Train all of them on the same data; the best by its last error."""
    best, error = None, float("inf")
    for build in (baseline, forecaster):
        model = compiled(build())
        history = model.fit(*data, epochs=epochs, callbacks=callbacks(folder), verbose=0)
        last = history.history["loss"][-1]
        if last < error:
            best, error = model, last
    return best
''')


def _numbers(n: int) -> dict[str, object]:
    return {"n": n, "window": 24 + 6 * (n % 5), "batch": 16 + n % 3, "units": 32 * (1 + n % 4)}


def model(n: int, *, finding: bool) -> str:
    """A file of some models, with findings or with candidates for them only."""
    between = "    model.add(layers.Dropout(0.3, noise_shape=(None, None, 1)))\n" if finding else ""
    own = ", dropout=0.2, recurrent_dropout=0.2" if finding else ", dropout=0.2"
    return _MODEL.substitute(_numbers(n), title="forecasts of some hours", between=between, own=own)


def plain(n: int) -> str:
    """A file that has nothing to do with Keras."""
    return _METRICS.substitute(_numbers(n))


def project(folder: Path) -> Path:
    """50 files: 12 with models, 4 of them with findings; loaders, metrics, scripts and tests."""
    root = folder / "project"
    parts: list[tuple[str, int, Callable[[int], str]]] = [
        ("weather/models/model", 12, lambda n: model(n, finding=n % 3 == 0)),
        ("weather/data/station", 10, lambda n: _LOADER.substitute(_numbers(n))),
        ("weather/metrics/metrics", 10, plain),
        ("scripts/command", 8, lambda n: _SCRIPT.substitute(_numbers(n))),
        ("tests/test_metrics", 6, _test),
    ]
    for stem, count, text in parts:
        for n in range(count):
            _write(root / f"{stem}_{n}.py", text(n))
    for package in ("weather", "weather/models", "weather/data", "weather/metrics"):
        _write(root / package / "__init__.py", f'"""The package {package}."""\n')
    return root


def _test(n: int) -> str:
    lines = ["import math", "", f"from weather.metrics import metrics_{n} as metrics", ""]
    for count in range(1, 11):
        values = [round(0.5 * one * count - n, 2) for one in range(count)]
        lines += ["", f"def test_mean_of_{count}():", f"    values = {values}"]
        lines += [f"    assert math.isclose(metrics.mean(values), {sum(values) / count!r})", ""]
        lines += ["", f"def test_quantiles_of_{count}():", f"    found = metrics.quantiles({values}, {count})"]
        lines += [f"    assert found == sorted({values})", ""]
    return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


# ---------------------------------------------------------------------------------------------------------------------
# Files of any size

_HEAD = "from keras import Input, Sequential, layers\n\n\n"
_FUNCTION = '''def build_{n}(units, rate={rate}):
    """Model {n}."""
    model = Sequential(name="model_{n}")
    model.add(layers.Embedding(10000, 128))
    model.add(layers.LSTM(units, return_sequences=True, dropout=0.2))
    model.add(layers.Bidirectional(layers.GRU(units{more})))
    model.add(layers.Dropout(rate))
    model.add(layers.Dense({n}))
    model.compile(loss="mse", optimizer="adam")
    return model


'''


def functions(lines: int) -> str:
    """Functions of twelve lines that build a model each; one in ten has a finding."""
    made = (
        _FUNCTION.format(n=n, rate=n % 5 / 10, more="" if n % 10 else ", recurrent_dropout=0.2")
        for n in range(max(lines // 12, 1))
    )
    return _HEAD + "".join(made)


def _layer(n: int) -> str:
    kinds = ("LSTM(64, return_sequences=True)", "Dense(64)", "LayerNormalization()", "GRU(64, return_sequences=True)")
    return f"layers.{'Dropout(0.5)' if n % 50 == 9 else kinds[n % 4]}"


def sequential(count: int) -> str:
    """One Sequential of a list."""
    listed = "".join(f"    {_layer(n)},\n" for n in range(count))
    return f"{_HEAD}model = Sequential([\n    Input((100, 64)),\n{listed}])\n"


def added(count: int) -> str:
    """One Sequential, layer by layer."""
    calls = "".join(f"    model.add({_layer(n)})\n" for n in range(count))
    return f"{_HEAD}def build():\n    model = Sequential()\n    model.add(Input((100, 64)))\n{calls}    return model\n"


def functional(count: int) -> str:
    """One name, bound to the output of one layer after the other."""
    return f"{_HEAD}x = Input((100, 64))\n" + "".join(f"x = {_layer(n)}(x)\n" for n in range(count))
