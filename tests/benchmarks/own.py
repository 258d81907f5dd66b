"""Time or memory of rnnlint's own part on one file, without libcst's parse; prints JSON.

Its own process, so that no other file's trees lie in memory:

    python own.py time|memory ROOT FIRST FILE
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from statistics import median

# Repeated within one process until this many seconds have passed, at most so often.
_ENOUGH = 0.5
_MOST = 7


def main() -> None:
    kind, root, first, path = sys.argv[1:]
    sys.path.insert(0, root)

    import libcst as cst

    from rnnlint.api import check_paths
    from rnnlint.interpret import parsed
    from rnnlint.result import FileResult
    from rnnlint.settings.settings import Settings
    from rnnlint.source import guard
    from rnnlint.source.read import read

    settings = Settings(keras_version="3")
    # Whatever is imported or made once is there before the clock starts.
    check_paths([first], settings)
    real = parsed.parse
    spent = trees = peak = 0.0

    def clocked(text: str) -> cst.Module:
        nonlocal spent
        start = time.process_time()
        try:
            return real(text)
        finally:
            spent += time.process_time() - start

    def traced(text: str) -> cst.Module:
        nonlocal trees, peak
        before, high = tracemalloc.get_traced_memory()
        peak = max(peak, high - trees)
        try:
            return real(text)
        finally:
            # What the parser held for a moment is not ours, and what it leaves is the tree.
            tracemalloc.reset_peak()
            trees += tracemalloc.get_traced_memory()[0] - before

    def whole() -> float:
        start = time.process_time()
        results.extend(check_paths([path], settings))
        return time.process_time() - start

    problem = guard.guard(read(path))
    # What lies beyond the limits is measured all the same.
    guard.MAX_SOURCE = guard.MAX_NODES = sys.maxsize
    results = list[FileResult]()
    if kind == "time":
        parsed.parse = clocked
        own, parse = list[float](), list[float]()
        while not own or (sum(own) + sum(parse) < _ENOUGH and len(own) < _MOST):
            results.clear()
            gc.collect()
            spent = 0.0
            own.append(whole() - spent)
            parse.append(spent)
        said = {"own": median(own), "parse": median(parse)}
    else:
        parsed.parse = traced
        gc.collect()
        tracemalloc.start()
        whole()
        said = {"memory": max(peak, tracemalloc.get_traced_memory()[1] - trees)}
    findings = sum(len(result.findings) for result in results)
    wrong = [one.message for result in results for one in result.diagnostics]
    refused = problem.message if problem else ""
    print(json.dumps({**said, "findings": findings, "refused": refused, "wrong": wrong}))


if __name__ == "__main__":
    main()
