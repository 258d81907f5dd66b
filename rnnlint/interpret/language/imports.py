"""Imports: modules of the code base are followed, everything else is external."""

from __future__ import annotations

from functools import partial

import libcst as cst

from rnnlint.interpret.base import Value
from rnnlint.interpret.contents import LazyImport
from rnnlint.interpret.language.control import block
from rnnlint.interpret.language.names import dotted_name
from rnnlint.interpret.machine import Machine, executes
from rnnlint.interpret.parsed import ParsedModule, ParseError
from rnnlint.interpret.spans import LazySpan
from rnnlint.interpret.store import STARS, Flow
from rnnlint.interpret.values import ConstV, ExternalV, ModuleV, TupleV, UnknownV
from rnnlint.keras import names
from rnnlint.keras.frameworks import framework
from rnnlint.source.source import Source

# How many modules one file draws in, and how deep their imports nest.
_MOST_MODULES = 200
_MOST_IMPORTS = 60


def load(vm: Machine, source: Source, name: str) -> ModuleV:
    """Return a module. Its statements run when it is first loaded.

    Raises:
        ParseError: where libcst cannot parse it.
    """
    known = vm.code.modules.get(source.path)
    if known is not None:
        return known
    parsed = ParsedModule(source) if name == "__main__" else vm.code.parsed.get(source)
    module = ModuleV(vm.store.new(permanent=name != "__main__"), name, parsed)
    vm.code.modules[source.path] = module
    vm.store.set(module.id, "__name__", ConstV(name))
    vm.store.set(module.id, "__file__", ConstV(source.path))
    if name == "__main__":
        vm.push(parsed, (module.id,))
        block(vm, parsed.tree.body)
        vm.pop()
        return module
    frames, vm.frames = vm.frames, []
    vm.push(parsed, (module.id,))
    certain, vm.graph.certain = vm.graph.certain, True
    # Whoever asks first, the module runs as if nothing were under way, on a budget of its own.
    stack, vm.running = vm.running, []
    before = vm.budget.begin_import()
    vm.code.loading += 1
    try:
        vm.store.permanently(lambda: block(vm, parsed.tree.body))
    finally:
        vm.code.loading -= 1
        vm.budget.end_import(before)
        vm.running = stack
        vm.frames = frames
        vm.frame = frames[-1]
        vm.graph.certain = certain
    return module


@executes(cst.Import)
def import_statement(vm: Machine, node: cst.Import) -> Flow:
    """`import a.b`, `import a.b as c`."""
    importer = vm.frame.parsed.source.path
    for alias in node.names:
        dotted = dotted_name(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            vm.assign(alias.asname.name, _lazy_module(vm, dotted, importer))
            continue
        top = dotted.split(".")[0]
        scope = vm.frame.scopes[0]
        known = vm.store.raw(scope, top)
        more = known.modules if isinstance(known, LazyImport) else ()
        vm.store.set(scope, top, _lazy_module(vm, top, importer, (*more, dotted)))
    return Flow.NORMAL


def _lazy_module(vm: Machine, dotted: str, importer: str, hanging: tuple[str, ...] = ()) -> Value:
    """Return a module by its absolute name; it is looked for in the code base when it is first used."""
    if framework(dotted):
        return ExternalV(dotted)

    def find() -> Value:
        found = find_module(vm, dotted, 0, importer)
        for one in hanging if isinstance(found, ModuleV) else ():
            assert isinstance(found, ModuleV)
            _attach(vm, found, one, importer)
        return found if found is not None else ExternalV(dotted)

    return LazyImport(find, hanging)


def _attach(vm: Machine, root: ModuleV, dotted: str, importer: str) -> None:
    """Do what `import a.b.c` does to a package: `b` becomes an attribute of `a`, and `c` one of `b`."""
    parent = root
    parts = dotted.split(".")
    for i in range(1, len(parts)):
        child = find_module(vm, ".".join(parts[: i + 1]), 0, importer)
        if not isinstance(child, ModuleV):
            return
        vm.store.set(parent.id, parts[i], child)
        parent = child


def find_module(vm: Machine, dotted: str, level: int, importer: str) -> Value | None:
    """Return a module of the code base, or None."""
    if level == 0 and (framework(dotted) or names.resolve(dotted) is not None):
        return None
    source = vm.code.finder.find(dotted, level, importer)
    if source is None:
        return None
    if len(vm.code.modules) > _MOST_MODULES or vm.code.loading > _MOST_IMPORTS:
        return UnknownV(f"module '{dotted}': too many modules are involved")
    try:
        return load(vm, source, dotted or "__init__")
    except ParseError as error:
        return UnknownV(f"module '{dotted}' does not parse (line {error.row})")


@executes(cst.ImportFrom)
def import_from(vm: Machine, node: cst.ImportFrom) -> Flow:
    """`from a import b`, `from a import *`."""
    dotted = dotted_name(node.module) if node.module is not None else ""
    level = len(node.relative)
    frame = vm.frame
    importer = frame.parsed.source.path
    scope = frame.scopes[0]
    if isinstance(node.names, cst.ImportStar):
        _import_star(vm, find_module(vm, dotted, level, importer), dotted, level, node)
        return Flow.NORMAL
    for alias in node.names:
        name = dotted_name(alias.name)
        target = alias.asname.name if alias.asname is not None else alias.name
        if not isinstance(target, cst.Name):
            continue
        value: Value
        if level == 0 and framework(dotted):
            value = ExternalV(f"{dotted}.{name}")
        else:
            find = partial(_member, vm, dotted, level, name, frame.parsed, alias)
            value = LazyImport(find)
        vm.store.set(frame.outer_names.get(target.value, scope), target.value, value)
    return Flow.NORMAL


def _member(vm: Machine, dotted: str, level: int, name: str, parsed: ParsedModule, alias: cst.ImportAlias) -> Value:
    """Return what `from module import name` gives."""
    importer = parsed.source.path
    module = find_module(vm, dotted, level, importer)
    value: Value | None = None
    if isinstance(module, ModuleV):
        value = vm.store.get(module.id, name) or from_star(vm, module, name)
    if value is None and (level or isinstance(module, ModuleV)):
        value = find_module(vm, f"{dotted}.{name}" if dotted else name, level, importer)
    if value is None and module is None and level == 0:
        value = find_module(vm, f"{dotted}.{name}", 0, importer) or ExternalV(f"{dotted}.{name}")
    if value is None:
        where = "." * level + dotted
        reason = f"'{name}' comes from module '{where}' that was not found"
        if isinstance(module, ModuleV):
            reason = f"module '{where}' does not define '{name}'"
        elif isinstance(module, UnknownV):
            reason = module.reason
        value = UnknownV(reason, LazySpan(parsed, alias))
    return value


def from_star(vm: Machine, module: ModuleV, name: str) -> Value | None:
    """Return what a module got by a star import from an external module, or None."""
    stars = vm.store.get(module.id, STARS)
    for star in reversed(stars.items) if isinstance(stars, TupleV) else ():
        if isinstance(star, ExternalV) and names.resolve(f"{star.name}.{name}") is not None:
            return ExternalV(f"{star.name}.{name}")
    return None


def _import_star(vm: Machine, module: Value | None, dotted: str, level: int, node: cst.ImportFrom) -> None:
    scope = vm.frame.scopes[0]
    stars = vm.store.get(scope, STARS)
    known = stars.items if isinstance(stars, TupleV) else ()
    if isinstance(module, ModuleV):
        for key, value in list(vm.store.cells(module.id).items()):
            if isinstance(key, str) and not key.startswith("_"):
                vm.store.set(scope, key, value)
        inherited = vm.store.get(module.id, STARS)
        vm.store.set(scope, STARS, TupleV((*known, *(inherited.items if isinstance(inherited, TupleV) else ()))))
    elif level == 0 and names.resolve(dotted) is not None:
        vm.store.set(scope, STARS, TupleV((*known, ExternalV(dotted))))
    else:
        vm.graph.note(vm.span(node), f"'{'.' * level}{dotted}' was not found: its names are not known")


def submodule(vm: Machine, package: ModuleV, name: str) -> Value | None:
    """Return a module of a package that nothing has imported by name, or None. Some `__init__` may import it."""
    path = package.parsed.source.path
    if not path.endswith("__init__.py"):
        return None
    source = vm.code.finder.find(name, 1, path)
    try:
        return load(vm, source, name) if source is not None else None
    except ParseError as error:
        return UnknownV(f"module '{name}' does not parse (line {error.row})")
