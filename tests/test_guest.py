"""A library is a guest: what its callers' process looks like is the same before and after, whatever happens meanwhile.

Each scene is a process of its own, since what it is about is the process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# `state()` is all that a host may rely on. A scene that is through prints what has changed of it.
SCENE = """
import ctypes, dataclasses, gc, io, os, random, signal, sys, threading, time, warnings
import libcst
import rnnlint

def state():
    return {
        "limit of recursion": sys.getrecursionlimit(),
        "garbage collector": (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()),
        "libcst's checks": libcst.CSTNode.__post_init__,
        "dataclasses": {name: value for name, value in vars(dataclasses).items() if callable(value)},
        "imports": (sys.meta_path[:], sys.path_hooks[:], sys.path[:]),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "folder": os.getcwd(),
        "hooks": (threading.excepthook, sys.excepthook, sys.unraisablehook, sys.gettrace(), sys.getprofile()),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "warnings": (warnings.filters[:], warnings.showwarning),
        "environment": dict(os.environ),
        "switching": sys.getswitchinterval(),
    }

def end():
    after = state()
    print("changed:", [name for name in before if before[name] != after[name]])
    try:
        libcst.Name("")
        print("an empty name is accepted")
    except libcst.CSTValidationError:
        pass

HEAD = "from keras import Sequential, Input, layers\\n"
MODEL = "Sequential([Input((20, 8)), layers.Dropout(0.5), layers.LSTM(32, recurrent_dropout=0.2)])\\n"
DEEP = "x = " + "f(" * 150 + "layers.LSTM(8, recurrent_dropout=0.2)" + ")" * 150 + "\\n"
TEXTS = {
    "model.py": HEAD + MODEL * 3,
    "function.py": HEAD + "def build(rate=0.3):\\n    return " + MODEL.replace("0.5", "rate"),
    "deep.py": HEAD + DEEP,
    "broken.py": HEAD + MODEL + "x = = 1\\n",
    "escapes.py": HEAD + "pattern = '\\\\d'\\n" + MODEL,
    "nothing.py": "x = 1\\n",
}

def told(findings):
    return [(one.code, one.span, one.confidence) for one in findings], [one.kind for one in findings.diagnostics]

def told_of(results):
    return [(one.path, [finding.code for finding in one.findings], [one.kind for one in one.diagnostics])
            for one in results]

before = state()
sys.setswitchinterval(1e-5)
before = state()
"""


def scene(text: str, folder: Path, *, warn: str = "default") -> str:
    """What a scene prints."""
    env = {**os.environ, "PYTHONPATH": os.environ.get("RNNLINT_GUEST", str(ROOT))}
    done = subprocess.run(
        [sys.executable, "-W", warn, "-c", SCENE + textwrap.dedent(text)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=folder,
        env=env,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_one_call_after_the_other(tmp_path: Path) -> None:
    calls = """
        for name, text in TEXTS.items():
            rnnlint.check_source(text, name)
            with open(name, "w") as file:
                file.write(text)
        rnnlint.check_paths(["."])
        end()
    """
    assert scene(calls, tmp_path) == "changed: []\n"


def test_many_threads(tmp_path: Path) -> None:
    """They find what one thread finds, and leave no trace. Some of the calls are made to fail in the middle."""
    threads = """
        for name, text in TEXTS.items():
            with open(name, "w") as file:
                file.write(text)
        one_by_one = {name: told(rnnlint.check_source(text, name)) for name, text in TEXTS.items()}
        files = told_of(rnnlint.check_paths(["."]))
        assert any(codes for codes, _ in one_by_one.values())

        real = libcst.parse_module
        class Odd(Exception):
            pass
        def parse_module(text, *args):
            tree = real(text, *args)
            if "odd" in text:
                raise random.choice([Odd, ValueError, RecursionError, MemoryError, SystemExit])()
            return tree
        libcst.parse_module = parse_module
        wrong = []
        def work(seed):
            draw = random.Random(seed)
            for _ in range(4):
                name = draw.choice(list(TEXTS))
                if told(rnnlint.check_source(TEXTS[name], name)) != one_by_one[name]:
                    wrong.append(name)
                try:
                    rnnlint.check_source(TEXTS["model.py"] + "odd = 1\\n", "odd.py")
                except SystemExit:
                    pass
            if told_of(rnnlint.check_paths(["."])) != files:
                wrong.append("files")
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for one in threads: one.start()
        for one in threads: one.join()
        print("other than one by one:", wrong)
        end()
    """
    assert scene(threads, tmp_path) == "other than one by one: []\nchanged: []\n"


def test_cancelled_threads(tmp_path: Path) -> None:
    """An exception that another thread raises in this one may come at any moment."""
    cancelled = """
        class Cancelled(BaseException):
            pass
        ended = []
        def work():
            try:
                while True:
                    for name, text in TEXTS.items():
                        rnnlint.check_source(text, name)
            except Cancelled:
                ended.append(1)
        draw = random.Random(0)
        rnnlint.check_source(TEXTS["model.py"])
        threads = []
        for _ in range(20):
            thread = threading.Thread(target=work)
            thread.start()
            threads.append(thread)
            time.sleep(draw.uniform(0.001, 0.1))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Cancelled))
        for thread in threads:
            while thread.is_alive():
                thread.join(1)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Cancelled))
        print("cancelled:", len(ended))
        end()
    """
    assert scene(cancelled, tmp_path) == "cancelled: 20\nchanged: []\n"


def test_interrupted_by_the_keyboard(tmp_path: Path) -> None:
    interrupted = """
        import _thread
        for name, text in TEXTS.items():
            with open(name, "w") as file:
                file.write(text)
        rnnlint.check_paths(["."])
        count = 0
        for number in range(12):
            timer = threading.Timer(0.005 * number, _thread.interrupt_main)
            try:
                timer.start()
                while True:
                    rnnlint.check_paths(["."])
            except KeyboardInterrupt:
                count += 1
            timer.join()
        print("interrupted:", count)
        end()
    """
    # A file that was opened when the interrupt came is closed by Python, with a warning.
    assert scene(interrupted, tmp_path, warn="ignore::ResourceWarning") == "interrupted: 12\nchanged: []\n"


@pytest.mark.parametrize("module", ["rnnlint.interpret", "rnnlint.run.loop", "rnnlint.checks", "rnnlint.server.pool"])
def test_another_thread_notices_no_import(module: str, tmp_path: Path) -> None:
    watching = f"""
        del libcst
        for name in [name for name in sys.modules if name.partition(".")[0] in ("libcst", "rnnlint")]:
            del sys.modules[name]
        seen, through = set(), threading.Event()
        def watch():
            while not through.is_set():
                seen.add((dataclasses.dataclass, sys.getrecursionlimit(), gc.isenabled(), *sys.meta_path))
        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        __import__("{module}")
        through.set()
        thread.join()
        print("seen:", len(seen))
    """
    assert scene(watching, tmp_path) == "seen: 1\n"


@pytest.mark.parametrize("how", ["error", "always"])
def test_warnings_about_a_text_are_none_of_the_callers(how: str, tmp_path: Path) -> None:
    """Python's compiler warns of escapes that are none: not of those in what is linted, and not as an error there."""
    warned = """
        (found, _) = told(rnnlint.check_source(TEXTS["escapes.py"]))
        print(len(found) > 0)
        end()
    """
    assert scene(warned, tmp_path, warn=how) == "True\nchanged: []\n"


# ---------------------------------------------------------------------------------------------------------------------
# With the limit of recursion that the caller has


@pytest.mark.parametrize("limit", [200, 1000])
@pytest.mark.parametrize("where", ["thread", "main"])
def test_code_that_nests_deeply_is_followed_or_it_is_said(where: str, limit: int, tmp_path: Path) -> None:
    """A call in a call, a list in a list, a block in a block, a sum of sums, and functions that call each other."""
    nested = f"""
        sys.setrecursionlimit({limit})
        LAYER = "layers.LSTM(8, recurrent_dropout=0.2)"
        def nest(head, tail, count=150):
            return HEAD + "x = " + head * count + LAYER + tail * count + "\\n"
        cases = {{
            "calls": nest("f(", ")"),
            "lists": nest("[", "]"),
            "sums": HEAD + "x = " + "1 + " * 500 + LAYER + "\\n",
            "blocks": HEAD + "".join(" " * n + f"if a{{n}}:\\n" for n in range(90)) + " " * 90 + f"x = {{LAYER}}\\n",
            "functions": HEAD + "def f0():\\n    return " + LAYER + "\\n"
                + "".join(f"def f{{n}}():\\n    return [f{{n - 1}}()]\\n" for n in range(1, 100)) + "x = f99()\\n",
            "otherwise": HEAD + "if a:\\n    x = 0\\n" + "".join(f"elif a{{n}}:\\n    x = {{n}}\\n" for n in range(400))
                + f"else:\\n    x = {{LAYER}}\\n",
        }}
        def work():
            for name, text in cases.items():
                found = rnnlint.check_source(text, name)
                if not (found or found.diagnostics or found.notes):
                    print("lost:", name)
                if any(one.kind == "invalid-syntax" for one in found.diagnostics):
                    print("taken for invalid syntax:", name)
        if "{where}" == "thread":
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        else:
            work()
        sys.setrecursionlimit(before["limit of recursion"])
        end()
    """
    assert scene(nested, tmp_path) == "changed: []\n"


def test_a_caller_that_is_deep_in_calls_itself(tmp_path: Path) -> None:
    """Down to where Python itself has no room for one more call."""
    deep = """
        rnnlint.check_source(TEXTS["model.py"])
        kinds = []
        def down(levels):
            if levels:
                return down(levels - 1)
            found = rnnlint.check_source(TEXTS["model.py"])
            return "found" if found else "said" if found.diagnostics or found.notes else "lost"
        for levels in range(0, 990, 30):
            try:
                kinds.append(down(levels))
            except RecursionError:
                kinds.append("raised")
        print([one for index, one in enumerate(kinds) if not index or one != kinds[index - 1]])
        end()
    """
    told = scene(deep, tmp_path)
    assert "lost" not in told
    assert told.startswith("['found', ")
    assert told.endswith("changed: []\n")
