"""How the package is built, in figures: folders, imports, circles, and the largest of each thing.

    python -m tests.house                      this checkout
    python -m tests.house --repo A --repo B    other checkouts, side by side
    python -m tests.house --json

It reads the source and runs none of it, so that a checkout of any age can be measured. A *room* is a file or a folder
at the root of `rnnlint/`. Every import counts: at the top of a module, inside a function, and for type checking only.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "rnnlint"

Arrows = Mapping[str, set[str]]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Sized:
    """Something with a name and a size, as in "rnnlint.cli: 120"."""

    size: int
    name: str


@dataclass(frozen=True)
class Module:
    """One file of the package, with its functions and classes by their names inside of it."""

    name: str
    is_package: bool
    lines: int
    tree: ast.Module
    definitions: tuple[tuple[str, Definition], ...]


@dataclass(frozen=True)
class Class:
    """A class of the package: its full name, the names of its bases as written, and its methods."""

    module: str
    name: str
    bases: tuple[str, ...]
    methods: frozenset[str]


class House:
    """What one checkout is made of.

    Args:
        repo: The folder that holds `rnnlint/`.

    Raises:
        FileNotFoundError: There is no package in that folder.
    """

    def __init__(self, repo: Path) -> None:
        self.root = repo / PACKAGE
        if not (self.root / "__init__.py").is_file():
            raise FileNotFoundError(f"no package at {self.root}")
        self.modules = {module.name: module for module in _modules(self.root)}

    @cached_property
    def imports(self) -> Arrows:
        """For each module the modules of the package that it imports."""
        return {name: set(_imported(module, self.modules)) - {name} for name, module in self.modules.items()}

    @cached_property
    def rooms(self) -> Arrows:
        """For each room the rooms that it imports. The package's own `__init__` is a room."""
        arrows: dict[str, set[str]] = {_room(name): set() for name in self.modules}
        for name, imported in self.imports.items():
            arrows[_room(name)] |= {_room(other) for other in imported} - {_room(name)}
        return arrows

    @property
    def root_modules(self) -> list[str]:
        """The files at the root of the package, `__init__` and `__main__` included."""
        return sorted(path.stem for path in self.root.glob("*.py"))

    @property
    def floors(self) -> int:
        """How many rooms stand on the longest chain of imports; a circle counts with all its rooms."""
        return _longest(self.rooms)

    @property
    def arrows(self) -> int:
        """How many pairs of rooms there are of which one imports the other."""
        return sum(map(len, self.rooms.values()))

    @cached_property
    def circles(self) -> list[list[str]]:
        """The circles of imports: of modules, of rooms, and of neighbours in a folder.

        Neighbours are the files and folders directly inside one folder; each stands for everything below it. A circle
        of rooms or neighbours that is seen among the modules already is not listed again.
        """
        found = _circles(self.imports)
        for folder in sorted(name for name, module in self.modules.items() if module.is_package):
            known = {frozenset(_child(folder, name) for name in circle) for circle in found}
            found += [circle for circle in _circles(self._neighbours(folder)) if frozenset(circle) not in known]
        return found

    def _neighbours(self, folder: str) -> Arrows:
        """The imports between what stands directly inside one folder, without its `__init__`."""
        arrows: dict[str, set[str]] = defaultdict(set)
        for name, imported in self.imports.items():
            child = _child(folder, name)
            if child is not None:
                arrows[child] |= {to for other in imported if (to := _child(folder, other)) is not None} - {child}
        return arrows

    @cached_property
    def modules_by_lines(self) -> list[Sized]:
        """All modules, the longest first."""
        return _sorted(Sized(module.lines, name) for name, module in self.modules.items())

    @cached_property
    def classes(self) -> list[Class]:
        """All classes, those inside of functions and other classes included."""
        return [found for module in self.modules.values() for found in _classes(module)]

    @cached_property
    def classes_by_methods(self) -> list[Sized]:
        """All classes, that with the most methods first; what it inherits from this package counts as its own."""
        by_name: dict[str, list[Class]] = defaultdict(list)
        for found in self.classes:
            by_name[found.name.rpartition(".")[2]].append(found)

        def methods(found: Class, seen: frozenset[Class]) -> frozenset[str]:
            inherited = (
                methods(base, seen | {found})
                for name in found.bases
                for base in by_name.get(name.rpartition(".")[2], ())
                if base not in seen
            )
            return found.methods.union(*inherited)

        return _sorted(Sized(len(methods(one, frozenset({one}))), f"{one.module}.{one.name}") for one in self.classes)

    @cached_property
    def functions_by_lines(self) -> list[Sized]:
        """All functions and methods, the longest first; from `def` to the last line."""
        return _sorted(
            Sized((node.end_lineno or node.lineno) - node.lineno + 1, f"{module.name}.{name}")
            for module in self.modules.values()
            for name, node in module.definitions
            if not isinstance(node, ast.ClassDef)
        )

    @cached_property
    def duplicate_classes(self) -> list[str]:
        """The names of classes that are defined more than once, each with its modules."""
        places: dict[str, list[str]] = defaultdict(list)
        for found in self.classes:
            places[found.name.rpartition(".")[2]].append(found.module)
        return [f"{name}: {', '.join(sorted(found))}" for name, found in sorted(places.items()) if len(found) > 1]

    @property
    def lines(self) -> int:
        """The lines of all modules, blank ones and comments included."""
        return sum(module.lines for module in self.modules.values())

    @cached_property
    def documented(self) -> tuple[int, int]:
        """How many public functions and methods have a docstring, and how many there are.

        Public is what no underscore begins, neither its own name nor that of a class or function around it.
        """
        public = [
            node
            for module in self.modules.values()
            for name, node in module.definitions
            if not isinstance(node, ast.ClassDef) and not any(part.startswith("_") for part in name.split("."))
        ]
        return sum(ast.get_docstring(node) is not None for node in public), len(public)

    def figures(self) -> dict[str, str]:
        """All figures as text, each under its title."""
        documented, public = self.documented
        folders = sum(module.is_package and _room(name) == name for name, module in self.modules.items()) - 1
        return {
            "rooms": str(len(self.root_modules) + folders),
            "modules at the root": str(len(self.root_modules)),
            "floors": str(self.floors),
            "arrows between rooms": str(self.arrows),
            "circles": str(len(self.circles)),
            "duplicate class names": str(len(self.duplicate_classes)),
            "modules": str(len(self.modules)),
            "lines": str(self.lines),
            "largest module": _said(self.modules_by_lines, "lines"),
            "largest class": _said(self.classes_by_methods, "methods"),
            "largest function": _said(self.functions_by_lines, "lines"),
            "public functions with a docstring": f"{documented} of {public}",
        }

    def details(self) -> list[str]:
        """What the figures above count, where that is worth naming."""
        return [
            *("circle: " + " -> ".join([*circle, circle[0]]) for circle in self.circles),
            *(f"class defined more than once: {name}" for name in self.duplicate_classes),
            *(f"module of {found.size} lines: {found.name}" for found in self.modules_by_lines[:5]),
            *(f"class of {found.size} methods: {found.name}" for found in self.classes_by_methods[:5]),
            *(f"function of {found.size} lines: {found.name}" for found in self.functions_by_lines[:5]),
        ]


def _modules(root: Path) -> Iterator[Module]:
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        parts = (PACKAGE, *path.relative_to(root).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        tree = ast.parse(text, str(path))
        yield Module(name, is_package, text.count("\n"), tree, tuple(_named(tree)))


def _imported(module: Module, modules: Mapping[str, Module]) -> Iterator[str]:
    """The modules that the import statements of one module name; `from a import b` is `a.b` where that is a module."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if full in modules:
                    yield full
                elif base in modules:
                    yield base


def _room(name: str) -> str:
    """The room that a module belongs to: `rnnlint.cli` for `rnnlint.cli.options`, `rnnlint` for the package itself."""
    return ".".join(name.split(".")[:2])


def _child(folder: str, name: str) -> str | None:
    """What stands directly inside a folder and holds this module; None if the module is elsewhere."""
    if not name.startswith(f"{folder}."):
        return None
    return f"{folder}.{name.removeprefix(f'{folder}.').partition('.')[0]}"


def _circles(arrows: Arrows) -> list[list[str]]:
    """The circles of a graph: each group of nodes that reach one another, sorted, and none of one node."""
    return sorted(sorted(group) for group in _groups(arrows) if len(group) > 1)


def _groups(arrows: Arrows) -> list[list[str]]:
    """The strongly connected components of a graph (Tarjan), each after those that it points to."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(arrows.get(node, ())):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            at = stack.index(node)
            groups.append(stack[at:])
            del stack[at:]

    for node in sorted(arrows):
        if node not in order:
            visit(node)
    return groups


def _longest(arrows: Arrows) -> int:
    """The number of nodes on the longest path; one that touches a circle goes through all of it."""
    height: dict[str, int] = {}
    for group in _groups(arrows):
        below = {height[other] for node in group for other in arrows.get(node, ()) if other not in group}
        height |= dict.fromkeys(group, len(group) + max(below, default=0))
    return max(height.values(), default=0)


def _named(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class below a node with its name inside the module, as in `Reader.read`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield prefix + node.name, node
            yield from _named(node, f"{prefix}{node.name}.")
        elif not isinstance(node, ast.expr):
            yield from _named(node, prefix)


def _classes(module: Module) -> Iterator[Class]:
    for name, node in module.definitions:
        if isinstance(node, ast.ClassDef):
            methods = {child.name for child in node.body if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))}
            bases = [ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]
            yield Class(module.name, name, tuple(bases), frozenset(methods))


def _sorted(found: Iterable[Sized]) -> list[Sized]:
    return sorted(found, key=lambda one: (-one.size, one.name))


def _said(found: Sequence[Sized], unit: str) -> str:
    return f"{found[0].size} {unit} ({found[0].name.removeprefix(f'{PACKAGE}.')})" if found else "-"


def table(houses: Mapping[str, House]) -> str:
    """The figures of several checkouts as a Markdown table, one column each."""
    columns = [house.figures() for house in houses.values()]
    rows = [["", *houses], *([title, *(column[title] for column in columns)] for title in columns[0])]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures, and below them what they count."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__.partition("\n")[0])
    parser.add_argument("--repo", action="append", type=Path, metavar="FOLDER", help="a checkout; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--brief", action="store_true", help="print the table only")
    options = parser.parse_args(arguments)
    houses = {str(repo): House(repo) for repo in options.repo or [Path(__file__).resolve().parents[1]]}
    if options.json:
        print(json.dumps({repo: {**house.figures(), "details": house.details()} for repo, house in houses.items()}))
        return
    print(table(houses))
    for repo, house in houses.items() if not options.brief else ():
        print(f"\n{repo}")
        print("\n".join(f"  {line}" for line in house.details()))


if __name__ == "__main__":
    main()
