"""What all tests share: the interpreters with Keras, and no quiet skip of them in CI.

Keras 3 is that of the Python which runs the tests (the `dev` extra installs it). Keras 2 needs a Python of its own,
named by the environment variable `RNNLINT_KERAS2_PYTHON`; `.ci/run` makes one.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests import sampling

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# TensorFlow turns oneDNN on by default only on processors with AVX-512. Without it, convolutions with channels in front
# do not run on a CPU, and pooling over too few timesteps raises nothing.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# A shell lets what it runs in the background ignore Ctrl-C, and all that this starts; some tests send one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# `pytest --hypothesis-profile=long` for a night.
hypothesis.settings.register_profile("quick", deadline=None, derandomize=IN_CI, print_blob=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=5000, print_blob=True)
hypothesis.settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --full` runs every block under every spelling, not a fixed sample of them."""
    parser.addoption("--full", action="store_true", help="run the whole product of pages, cases and spellings")


def pytest_configure(config: pytest.Config) -> None:
    """Tell the test modules, which make their parameters while they are imported."""
    if config.getoption("--full"):
        os.environ[sampling.VARIABLE] = "1"


@pytest.fixture(scope="session")
def keras3_python() -> str:
    """A Python that has Keras 3."""
    if importlib.util.find_spec("keras") is None or importlib.util.find_spec("tensorflow") is None:
        pytest.skip("needs Keras 3: pip install -e '.[dev]'")
    return sys.executable


@pytest.fixture(scope="session")
def keras2_python() -> str:
    """A Python that has Keras 2."""
    python = os.environ.get("RNNLINT_KERAS2_PYTHON")
    if not python:
        pytest.skip("needs a Python with Keras 2 in RNNLINT_KERAS2_PYTHON")
    return python


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `-n`, one worker takes all tests of a file, and all pages and cases that one Keras executes."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        group = item.path.name
        if group in ("test_pages.py", "test_cases.py", "test_fixes.py"):
            group = next((name for name in ("keras2_python", "keras3_python") if name in names), group)
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped because Keras is missing fails in CI."""
    report = yield
    marked = any(item.get_closest_marker(name) for name in ("keras", "keras2"))
    _forbid_skip(report, marked)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is collected."""
    report = yield
    _forbid_skip(report, False)
    return report


def _forbid_skip(report: pytest.TestReport | pytest.CollectReport, marked: bool) -> None:
    if not IN_CI or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if marked or any(word in reason.lower() for word in ("keras", "tensorflow")):
        report.outcome = "failed"
        report.longrepr = f"A test that needs Keras must not be skipped in CI. {reason}"
