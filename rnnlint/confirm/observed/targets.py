"""What `--build` asks the worker to build: the request, and the functions that `--build auto` finds."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from rnnlint.confirm.observed.places import last_name
from rnnlint.source import syntax
from rnnlint.source.source import Source


def build_request(
    target: str, arguments: Mapping[str, object], timeout: float, cwd: str | None = None
) -> dict[str, Any]:
    """The worker's build request for a target, but for its `id`, which the sender adds.

    The module is found as by `python -m`, and in `src/`. `timeout` is in seconds.
    """
    cwd = os.path.abspath(cwd or os.curdir)
    source = os.path.join(cwd, "src")
    return {
        "target": target,
        "args": {name: repr(value) for name, value in arguments.items()},
        "path": [cwd, *([source] if os.path.isdir(source) else [])],
        "cwd": cwd,
        "timeout": timeout,
    }


def build_targets(source: Source) -> list[str]:
    """For `--build auto`: the functions of a module that return a model and need no arguments, each as `path:name`.

    Only the text is read, nothing is imported. A function returns a model if it returns the result of calling
    `Sequential`, `Model`, a class that derives from one of them, or another such function.
    """
    if source.kind != "python" or not source.path.endswith(".py"):
        return []
    module = syntax.parse(source.text)
    if not isinstance(module, ast.Module):
        return []
    top = list(_top(module.body))
    makers = {"Sequential", "Model"}
    functions = [one for one in top if isinstance(one, ast.FunctionDef)]
    classes = [one for one in top if isinstance(one, ast.ClassDef)]
    for _ in range(len(top)):
        before = len(makers)
        makers.update(one.name for one in classes if any(last_name(base) in makers for base in one.bases))
        makers.update(one.name for one in functions if _returns(one, makers))
        if len(makers) == before:
            break
    return [f"{source.path}:{one.name}" for one in functions if one.name in makers and _callable(one)]


def _top(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, also those inside `try` and `if`, but not what only runs as a script."""
    for one in body:
        yield one
        if isinstance(one, ast.Try):
            yield from _top([*one.body, *(inner for handler in one.handlers for inner in handler.body), *one.orelse])
        elif isinstance(one, ast.If) and not any(last_name(node) == "__name__" for node in ast.walk(one.test)):
            yield from _top([*one.body, *one.orelse])


def _callable(function: ast.FunctionDef) -> bool:
    """Whether a function can be called without arguments; not one with a decorator, which may change that."""
    arguments = function.args
    needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return not needed and None not in arguments.kw_defaults and not function.decorator_list


def _returns(function: ast.FunctionDef, makers: Collection[str]) -> bool:
    """Whether a function returns what one of the `makers` makes, as it is or in a tuple, list or dict."""
    own = list(_own(function.body))
    made: set[str] = set()

    def is_model(value: ast.expr | None) -> bool:
        match value:
            case ast.Call():
                return last_name(value.func) in makers
            case ast.Name(name):
                return name in made
            case ast.Tuple(items) | ast.List(items):
                return any(is_model(item) for item in items)
            case ast.Dict(values=items):
                return any(is_model(item) for item in items)
            case ast.IfExp(body=first, orelse=second):
                return is_model(first) or is_model(second)
        return False

    for one in own:
        if isinstance(one, ast.Assign) and is_model(one.value):
            for place in one.targets:
                names = place.elts if isinstance(place, ast.Tuple) else [place]
                made.update(name.id for name in names if isinstance(name, ast.Name))
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and is_model(one.value):
            made.add(one.target.id)
    return any(isinstance(one, ast.Return) and is_model(one.value) for one in own)


def _own(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a function in order, without those of the functions and classes that it defines."""
    for one in body:
        yield one
        if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "handlers", "orelse", "finalbody", "cases"):
                for inner in getattr(one, name, ()):
                    yield from _own([inner] if isinstance(inner, ast.stmt) else inner.body)
