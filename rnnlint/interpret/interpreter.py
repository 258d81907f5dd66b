"""Statements, functions, classes and modules: runs a file over abstract values and leaves the graph it builds.

The module's statements run in order; then every function and method runs as an entry point of its own, with its
defaults as possible values, because most models live in a `build_model` that nothing in the file calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

import libcst as cst

from rnnlint.graph import Graph, Ref, Span
from rnnlint.interpret import library, semantics
from rnnlint.interpret.base import Value, classes
from rnnlint.interpret.contents import DictItems, LazyImport, appended
from rnnlint.interpret.evaluate import Evaluator, describe
from rnnlint.interpret.parsed import ParsedModule, ParsedModules, ParseError
from rnnlint.interpret.spans import LazySpan
from rnnlint.interpret.store import Flow, Store
from rnnlint.interpret.values import (
    PLAIN,
    ArgV,
    BoundV,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    DictV,
    ExternalV,
    FunctionV,
    InstanceV,
    LayerV,
    ListV,
    ModelV,
    ModuleV,
    ObjectV,
    PartialV,
    RunsV,
    SuperV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras import names
from rnnlint.keras.frameworks import framework

if TYPE_CHECKING:
    from rnnlint.keras.versions import Env
    from rnnlint.source.source import Source

# How deep calls are followed, and how much work one file and one entry point may cost (in calls and statements). Half
# of it is for the module itself: no file that is read holds more of them.
_MOST_DEPTH = 16
_MOST_STEPS = 220_000
_MOST_STEPS_PER_ENTRY = 20_000
_LEAST_STEPS_PER_ENTRY = 1_000
# What an entry point may cost for each of its own statements: one that is only long is not too complex.
_STEPS_PER_STATEMENT = 6
# How many items of long lists and tuples one file may copy: `x = x + [1]` over and over.
_MOST_COPIES = 5_000_000
# How much work a loop may cost that neither makes nor calls a layer, before its turns are no longer told apart.
_MOST_IDLE_STEPS = 1_000
# How many modules one file draws in, and how deep their imports nest.
_MOST_MODULES = 200
_MOST_IMPORTS = 60
# How many classes one class is taken to derive from.
_MOST_BASES = 50
# How many of the tests before it an arm of a long elif chain remembers.
_MOST_REFUTED = 8

# Decorators that leave the function what it is.
_TRANSPARENT = (
    "tensorflow.function",
    "functools.lru_cache",
    "functools.cache",
    "functools.wraps",
    "abc.abstractmethod",
    "typing.override",
    "register_keras_serializable",
    "tensorflow.autograph",
    "wraps",
    "numba.jit",
)


class Finder(Protocol):
    """Finds modules of the code base under analysis."""

    def find(self, module: str, level: int, importer: str) -> Source | None:
        """The source of a module by name (relative where `level` > 0), or None where it is not in the code base."""


_LAYERS = (LayerV, ModelV)
# What can be assigned to, and holds a value.
_VARIABLES = frozenset({cst.Name, cst.Attribute, cst.Subscript})


class Interpreter(Evaluator):
    """Runs one file, following imports into the code base."""

    def __init__(self, finder: Finder, env: Env, passed_over: frozenset[str], parsed: ParsedModules) -> None:
        super().__init__(env)
        self.finder = finder
        self.parsed = parsed
        self.passed_over = passed_over
        self.modules: dict[str, ModuleV] = {}
        self.entries: list[FunctionV | ClassV] = []
        self.called: set[int] = set()
        self.listed: set[int] = set()
        self.orders: dict[int, list[ClassV]] = {}  # the method resolution orders of classes
        self.stack: list[int] = []  # the ids of the functions that run
        self.limit = _MOST_STEPS // 2  # the rest is for the entry points
        self.allowance = _MOST_STEPS_PER_ENTRY
        self.loaded = 0  # steps that imported modules cost
        self.loading = 0  # imported modules under way
        self.symbols = 0
        self.copies = 0
        self.cut = 0  # the limit of which it was noted that it is reached
        self.main = ""

    # -- a whole file -----------------------------------------------------------------------------------------------

    def run(self, source: Source) -> Graph:
        """Interpret a file.

        Raises:
            ParseError: where libcst cannot parse it.
        """
        self.main = source.path
        self.load(source, "__main__")
        self.run_entries()
        try:
            semantics.finish(self)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the run
            self.graph.error(source.span(1, 1, 1, 1), f"{type(error).__name__}: {error}")
        return self.graph.graph()

    def close(self) -> None:
        """Forget all values: what an import gives is found out by the interpreter, which would keep itself alive."""
        self.store = Store()

    def load(self, source: Source, name: str) -> ModuleV:
        """Run a module's statements, once."""
        known = self.modules.get(source.path)
        if known is not None:
            return known
        parsed = ParsedModule(source) if name == "__main__" else self.parsed.get(source)
        module = ModuleV(self.store.new(permanent=name != "__main__"), name, parsed)
        self.modules[source.path] = module
        self.store.set(module.id, "__name__", ConstV(name))
        self.store.set(module.id, "__file__", ConstV(source.path))
        if name == "__main__":
            self.push(parsed, (module.id,))
            self.block(parsed.tree.body)
            self.pop()
            return module
        frames, self.frames = self.frames, []
        self.push(parsed, (module.id,))
        certain, self.graph.certain = self.graph.certain, True
        # Whoever asks first, the module runs as if nothing were under way, on a budget of its own.
        stack, self.stack = self.stack, []
        work, self.steps, self.limit = (self.steps, self.limit), self.loaded, _MOST_STEPS // 2
        self.loading += 1
        try:
            self.store.permanently(lambda: self.block(parsed.tree.body))
        finally:
            self.loading -= 1
            self.loaded = self.steps
            self.steps, self.limit = work
            self.stack = stack
            self.frames = frames
            self.frame = frames[-1]
            self.graph.certain = certain
        return module

    def step(self) -> bool:
        """Count one step of work; False once the budget of this file or entry point is spent."""
        self.steps += 1
        return self.steps < self.limit

    def too_complex(self, node: cst.Call) -> UnknownV:
        """See `Evaluator.too_complex`; noted for the first of them in each entry point."""
        reason = "the code is too complex to follow any further"
        if self.cut != self.limit:
            self.cut = self.limit
            self.graph.note(self.span(node), reason)
        return UnknownV(reason)

    def copied(self, number: int) -> bool:
        """Count the copying of items; False where it would be too much."""
        if number < 100:
            return True
        if self.copies + number > _MOST_COPIES:
            return False
        self.copies += number
        return True

    # -- entry points -----------------------------------------------------------------------------------------------

    def run_entries(self, first: int = 0) -> None:
        """Run every function and class that was defined (from the given one on) as if somebody called it.

        What an entry point defines runs before its changes are taken back: it closes over them.
        """
        entries = self.entries[first:]
        del self.entries[first:]
        for entry in entries:
            if self.steps >= _MOST_STEPS:
                self.graph.note(_entry_span(entry), "the file is too complex: not every function was followed")
                return
            if isinstance(entry, ClassV):
                self.isolated(entry, lambda entry=entry: self.enter_class(entry))  # type: ignore[misc]
            elif id(entry.node) not in self.called or not _is_inner(entry):
                self.isolated(entry, lambda entry=entry: self.enter(entry, None))  # type: ignore[misc]

    def isolated(self, entry: FunctionV | ClassV, run: Callable[[], object]) -> None:
        """Run an entry point and what it defines, and take back what they changed.

        What breaks the interpreter is remembered, and the other entry points still run.
        """
        parsed = entry.parsed
        assert isinstance(parsed, ParsedModule)

        def both() -> None:
            first = len(self.entries)
            run()
            self.run_entries(first)
            semantics.finish(self, since)

        since = len(self.memory.sequentials)
        frames, stack = len(self.frames), len(self.stack)
        own = 0 if isinstance(entry, ClassV) else _STEPS_PER_STATEMENT * _statements(entry.node)
        self.limit = min(_MOST_STEPS, self.steps + max(self.allowance, own))
        self.push(parsed, ())
        try:
            self.store.isolated(both)
        except RecursionError:
            self.graph.note(_entry_span(entry), "the code is nested too deeply to be followed")
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the run
            self.graph.error(_entry_span(entry), f"{type(error).__name__}: {error}")
        finally:
            self.unwind(frames)
            del self.stack[stack:]
            self.graph.certain = True
            if self.steps >= self.limit:
                # One that is too complex is seldom alone: functions that call each other in many ways.
                self.allowance = max(self.allowance // 2, _LEAST_STEPS_PER_ENTRY)

    def enter(self, function: FunctionV, receiver: Value | None) -> Value:
        """Call a function with its defaults as possible values and everything else unknown."""
        parameters = function.node.params
        span = _entry_span(function)
        bound: dict[str, Value] = {}
        listed = [*parameters.posonly_params, *parameters.params]
        if receiver is not None and listed:
            bound[listed.pop(0).name.value] = receiver
        first = len(self.graph.nodes)
        is_call = function.name == "call" and isinstance(receiver, InstanceV) and bool(receiver.cls.keras)
        for index, parameter in enumerate([*listed, *parameters.kwonly_params]):
            name = parameter.name.value
            unknown: Value = UnknownV(f"parameter '{name}' of {function.name}()", span, None, f"{function.name}.{name}")
            if is_call and index == 0:
                # What a layer or model is called on, of unknown shape.
                node = self.graph.node("input", name, (), (None,), self.span_in(function, parameter))
                unknown = TensorV((Ref(node.id),), None)
            default = function.defaults.get(name)
            annotated = self.annotated(function, parameter)
            if default is not None:
                bound[name] = self.join([default, unknown])
            else:
                bound[name] = annotated if annotated is not None else unknown
        if isinstance(parameters.star_arg, cst.Param):
            bound[parameters.star_arg.name.value] = TupleV((), False)
        if parameters.star_kwarg is not None:
            bound[parameters.star_kwarg.name.value] = self.new_dict((), False)
        result = self.execute(function, bound, receiver)
        if is_call and isinstance(receiver, InstanceV) and receiver.cls.keras == "keras.Model":
            made = range(first, len(self.graph.nodes))
            inputs = [Ref(id) for id in made if self.graph.nodes[id].kind == "input"]
            outputs = [ref for tensor in self.tensors(result) if isinstance(tensor, TensorV) for ref in tensor.refs]
            self.graph.model("subclass", receiver.cls.name, receiver.cls.span, inputs[:1], outputs, made)
        return result

    def annotated(self, function: FunctionV, parameter: cst.Param) -> Value | None:
        """A dataclass named by an annotation, with its defaults as possible values."""
        if parameter.annotation is None or not isinstance(parameter.annotation.annotation, (cst.Name, cst.Attribute)):
            return None
        parsed = function.parsed
        assert isinstance(parsed, ParsedModule)
        self.push(parsed, function.scopes)
        try:
            cls = self.eval(parameter.annotation.annotation)
        finally:
            self.pop()
        if not isinstance(cls, ClassV) or self.store.get(cls.id, "@dataclass") is None:
            return None
        instance = InstanceV(self.store.new(), cls)
        for name, default in self.fields(cls):
            unknown = UnknownV(f"field '{name}' of {cls.name}")
            self.store.set(instance.id, name, unknown if default is None else self.join([default, unknown]))
        return instance

    def enter_class(self, cls: ClassV) -> None:
        """Make an object with its defaults and run each method on it."""
        instance = InstanceV(self.store.new(), cls)
        parsed = cls.parsed
        assert isinstance(parsed, ParsedModule)
        init = self.class_attribute(cls, "__init__")
        if isinstance(init, FunctionV) and init.owner is not None:
            self.enter(init, instance)
        elif self.store.get(cls.id, "@dataclass") is not None:
            for name, default in self.fields(cls):
                unknown = UnknownV(f"field '{name}' of {cls.name}")
                self.store.set(instance.id, name, unknown if default is None else self.join([default, unknown]))
        build = self.class_attribute(cls, "build")
        if cls.keras and isinstance(build, FunctionV):
            self.enter(build, instance)
        methods = self.store.get(cls.id, "@methods")
        for method in methods.items if isinstance(methods, TupleV) else ():
            if not isinstance(method, FunctionV) or method.name == "__init__" or (cls.keras and method.name == "build"):
                continue
            if f"{cls.name}.{method.name}" in self.passed_over and cls.parsed is self.modules[self.main].parsed:
                continue
            kind = _decorated(method)
            receiver: Value | None = None if kind == "static" else (cls if kind == "class" else instance)
            self.isolated(method, lambda method=method, receiver=receiver: self.enter(method, receiver))  # type: ignore[misc]

    def span_in(self, function: FunctionV, node: cst.CSTNode) -> Span:
        """Where a node of a function's own parsed stands."""
        parsed = function.parsed
        assert isinstance(parsed, ParsedModule)
        return _spot(parsed, function.node, node.name if isinstance(node, cst.Param) else node)

    # -- statements -------------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[cst.CSTNode]) -> Flow:
        """Run statements in order until one of them leaves the block."""
        store, exits = self.store, self.frame.exits
        for statement in statements:
            flow = self.statement(statement)
            if flow is not Flow.NORMAL:
                return flow
            if store.exits > exits:
                self.graph.certain = False  # some path has left before the rest
        return Flow.NORMAL

    def suite(self, body: cst.BaseSuite) -> Flow:
        """Run the body of a compound statement."""
        return self.block(body.body) if type(body) is cst.IndentedBlock else self.statement(body)

    def statement(self, node: cst.CSTNode) -> Flow:
        """Run one statement; what breaks the interpreter is remembered, and the run goes on."""
        self.steps += 1
        frame, graph = self.frame, self.graph
        depth, certain, outer = len(self.frames), graph.certain, frame.statement
        try:
            return _STATEMENTS[type(node)](self, node)
        except RecursionError:
            self.unwind(depth)
            graph.note(self.span(node), "the code is nested too deeply to be followed")
        except ParseError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours must not end the run
            self.unwind(depth)
            graph.error(self.span(node), f"{type(error).__name__}: {error}")
        finally:
            graph.certain = certain
            frame.statement = outer
        return Flow.NORMAL

    def _simple(self, node: cst.SimpleStatementLine | cst.SimpleStatementSuite) -> Flow:
        body = node.body
        self.frame.statement = (node, body[0], body[-1]) if body else None
        for small in body:
            flow = _STATEMENTS[type(small)](self, small)
            if flow is not Flow.NORMAL:
                return flow
        return Flow.NORMAL

    def _no_effect(self, _node: cst.CSTNode) -> Flow:
        return Flow.NORMAL

    def header(self, node: cst.CSTNode, end: cst.CSTNode) -> None:
        """Expressions evaluated from here on stand in the header of a compound statement."""
        self.frame.statement = (node, node, end)

    def _expr(self, node: cst.Expr) -> Flow:
        self.eval(node.value)
        return Flow.NORMAL

    def _assign(self, node: cst.Assign) -> Flow:
        value = self.eval(node.value)
        for one in node.targets:
            self.assign(one.target, value)
        return Flow.NORMAL

    def _annotated(self, node: cst.AnnAssign) -> Flow:
        if node.value is not None:
            self.assign(node.target, self.eval(node.value))
        scope = self.frame.scopes[0] if self.frame.scopes else 0
        fields = self.store.raw(scope, "@fields")
        if isinstance(node.target, cst.Name) and (grown := appended(fields, [ConstV(node.target.value)])) is not None:
            self.store.set(scope, "@fields", grown)
        return Flow.NORMAL

    def _augmented(self, node: cst.AugAssign) -> Flow:
        left = self.eval(node.target)
        right = self.eval(node.value)
        self.assign(node.target, self.augmented(type(node.operator), left, right, node))
        return Flow.NORMAL

    def _return(self, node: cst.Return) -> Flow:
        self.frame.returned.append(self.eval(node.value) if node.value is not None else ConstV(None))
        return Flow.RETURN

    def _raise(self, _node: cst.Raise) -> Flow:
        return Flow.RAISE

    def _break(self, _node: cst.Break) -> Flow:
        return Flow.BREAK

    def _continue(self, _node: cst.Continue) -> Flow:
        return Flow.CONTINUE

    def _assert(self, node: cst.Assert) -> Flow:
        self.eval(node.test)
        return Flow.NORMAL

    def _delete(self, node: cst.Del) -> Flow:
        self._unset(node.target)
        return Flow.NORMAL

    def _unset(self, target: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name) and self.frame.scopes:
            name = target.value
            self.store.delete(self.frame.outer_names.get(name, self.frame.scopes[0]), name)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._unset(element.value)
        elif isinstance(target, cst.Attribute):
            owner = self.eval(target.value)
            if isinstance(owner, (InstanceV, ClassV, ModuleV, ObjectV)):
                self.store.delete(owner.id, target.attr.value)
        elif isinstance(target, cst.Subscript):
            value = self.eval(target.value)
            if isinstance(value, ListV):
                self.store.set(value.id, "items", TupleV((), False))
            elif isinstance(value, DictV) and (mapping := self.mapping(value)) is not None:
                self.store.set(value.id, "items", DictItems(mapping.items, False))

    def _global(self, node: cst.Global) -> Flow:
        for item in node.names:
            self.frame.outer_names[item.name.value] = self.frame.scopes[-1]
        return Flow.NORMAL

    def _nonlocal(self, node: cst.Nonlocal) -> Flow:
        for item in node.names:
            name = item.name.value
            owner = next((scope for scope in self.frame.scopes[1:] if self.store.get(scope, name) is not None), None)
            if owner is not None:
                self.frame.outer_names[name] = owner
        return Flow.NORMAL

    def assign(self, target: cst.BaseExpression, value: Value) -> None:
        """Assign a value to a target: a name, attribute, item, or a tuple of targets."""
        _TARGETS[type(target)](self, target, value)

    def _set_nothing(self, _target: cst.BaseExpression, _value: Value) -> None:
        pass

    def _set_name(self, target: cst.Name, value: Value) -> None:
        name, frame = target.value, self.frame
        self.store.set(frame.outer_names.get(name, frame.scopes[0]), name, value)

    def _set_starred(self, target: cst.StarredElement, value: Value) -> None:
        self.assign(target.value, value)

    def _set_attribute(self, target: cst.Attribute, value: Value) -> None:
        owner = self.eval(target.value)
        name = target.attr.value
        setter = self.class_attribute(owner.cls, f"@setter {name}") if isinstance(owner, InstanceV) else None
        if isinstance(setter, FunctionV):
            span = self.span(target)
            self.call(BoundV(owner, setter), CallArgs((ArgV(value, span),)), span)
        else:
            library.set_attribute(self, owner, name, value)

    def _unpack(self, target: cst.Tuple | cst.List, value: Value) -> None:
        elements = target.elements
        if isinstance(value, ChoiceV):
            # Alternatives are taken apart one by one; what is unknown of the whole is unknown of each part.
            rows = [self.raw_items(option) for option in value.options]
            known = [row.items for row in rows if row is not None and len(row.items) == len(elements)]
            rest = [option for option, row in zip(value.options, rows, strict=True) if row is None]
            if known and len(known) + len(rest) == len(rows) and all(isinstance(one, UnknownV) for one in rest):
                value = TupleV(tuple(self.join([*column, *rest]) for column in zip(*known, strict=True)))
        parts = self._parts(elements, value)
        for element, part in zip(elements, parts, strict=True):
            self.assign(element.value, part)

    def _parts(self, elements: Sequence[cst.BaseElement], value: Value) -> list[Value]:
        """What each of several targets gets."""
        items = self.raw_items(value)
        star = next((i for i, element in enumerate(elements) if isinstance(element, cst.StarredElement)), len(elements))
        if items is not None and not any(isinstance(item, RunsV) for item in items.items):
            front = min(star, len(items.items))
            parts = list(items.items[:front])
            behind = len(elements) - star - 1
            if star < len(elements) and items.complete and len(items.items) >= star + behind:
                end = len(items.items) - behind
                parts += [self.new_list(items.items[star:end]), *items.items[end:]]
            missing = len(elements) - len(parts)
            return parts + [UnknownV("an item of a list that is only partly known")] * missing
        if isinstance(value, TensorV):
            if not elements:
                return []
            value = self.unknown("a tensor is taken apart", self.span(elements[0].value), [value])
        if isinstance(value, UnknownV):
            return [UnknownV(value.reason, value.span, value.node)] * len(elements)
        return [UnknownV(f"a part of {describe(value)}")] * len(elements)

    def _set_item(self, target: cst.Subscript, value: Value) -> None:
        owner = self.eval(target.value)
        index = target.slice[0].slice
        key = self.eval(index.value) if isinstance(index, cst.Index) and len(target.slice) == 1 else UnknownV("slice")
        plain = self.key(key)
        if isinstance(owner, DictV):
            if plain is None:
                mapping = self.mapping(owner) or DictItems((), False)
                items = tuple((have, self.join([item, value])) for have, item in mapping.items)
                self.store.set(owner.id, "items", DictItems(items, False))
            else:
                library.set_key(self, owner, plain.value, value)
        elif isinstance(owner, ListV):
            listed = self.raw_items(owner) or TupleV((), False)
            if (
                plain is not None
                and isinstance(plain.value, int)
                and -len(listed.items) <= plain.value < len(listed.items)
            ):
                changed = list(listed.items)
                changed[plain.value] = value
                self.store.set(owner.id, "items", TupleV(tuple(changed), listed.complete))
            else:
                self.store.set(owner.id, "items", TupleV((), False))
        elif isinstance(owner, ObjectV) and plain is not None:
            self.store.set(owner.id, str(plain.value), value)

    # -- branches and loops -----------------------------------------------------------------------------------------

    def fork(self, arms: Sequence[Callable[[], Flow]]) -> Flow:
        """Run undecided arms and join them; the state of one that jumps away waits for where it goes on."""
        with self.uncertain():
            return self.alternatives(arms)

    def alternatives(self, arms: Sequence[Callable[[], Flow]]) -> Flow:
        """As `fork`, but each arm says itself what is uncertain. RAISE where no arm goes on."""
        return Flow.NORMAL if Flow.NORMAL in self.store.fork(arms, self.join) else Flow.RAISE

    def rejoin(self, jump: Flow, since: int, flow: Flow, dead: int | None = None) -> Flow:
        """Let the states go on that jumped away since; `flow` is how the present state ended.

        `dead` is a scope that nothing reads any more.
        """
        alive = flow is Flow.NORMAL or flow is jump
        if self.store.exits > since:
            if not alive and flow is not Flow.RAISE:
                self.store.leave(flow)
                flow = Flow.RAISE
            alive = self.store.rejoin(jump, since, alive, self.join, dead)
        return Flow.NORMAL if alive else flow

    def _if(self, node: cst.If) -> Flow:
        # A long elif chain is walked, not recursed into.
        arms: list[Callable[[], Flow]] = []
        refuted: list[cst.BaseExpression] = []
        rest: cst.If | cst.Else | None = node
        while type(rest) is cst.If:
            self.header(rest, rest.test)
            truth = self.truth(self.eval(rest.test))
            if truth is not False:
                if truth is True and not arms:
                    return self.suite(rest.body)
                arms.append(self._arm(rest.body, tuple(refuted), rest.test))
                refuted.append(rest.test)
            if truth is True:
                return self.fork(arms)
            rest = rest.orelse
        if not arms:
            return self.suite(rest.body) if rest is not None else Flow.NORMAL
        arms.append(self._arm(rest.body if rest is not None else None, tuple(refuted), None))
        return self.fork(arms)

    def _arm(
        self, body: cst.BaseSuite | None, refuted: Sequence[cst.BaseExpression], holds: cst.BaseExpression | None
    ) -> Callable[[], Flow]:
        """An arm of an undecided `if`; inside it, its own test holds and those before it do not."""

        def run() -> Flow:
            for test in refuted[-_MOST_REFUTED:]:
                self.narrow(test, False)
            if holds is not None:
                self.narrow(holds, True)
            return self.suite(body) if body is not None else Flow.NORMAL

        return run

    def narrow(self, test: cst.BaseExpression, truth: bool) -> None:
        """Drop the alternatives of a variable that a test excludes, as far as None, types and texts are concerned.

        Numbers stay: that a rate is 0 by default is worth knowing behind `if rate > 0` as well.
        """
        if type(test) is cst.UnaryOperation and type(test.operator) is cst.Not:
            self.narrow(test.expression, not truth)
        elif type(test) is cst.BooleanOperation:
            if (type(test.operator) is cst.And) is truth:
                self.narrow(test.left, truth)
                self.narrow(test.right, truth)
        elif type(test) is cst.Comparison and len(test.comparisons) == 1:
            right = self.eval(test.comparisons[0].comparator)
            op = test.comparisons[0].operator
            self._keep(test.left, lambda option: self.compare(op, option, right) is not (not truth))
        elif type(test) is cst.Call and type(test.func) is cst.Name and len(test.args) == 2:
            if self.lookup(test.func.value) == ExternalV("builtins.isinstance"):
                cls = self.eval(test.args[1].value)
                self._keep(test.args[0].value, lambda option: library.is_instance(option, cls) is not (not truth))
        else:
            self._keep(test, lambda option: self.truth(option) is not (not truth))

    def _keep(self, variable: cst.BaseExpression, possible: Callable[[Value], bool]) -> None:
        """Keep those alternatives of a variable that are possible."""
        if type(variable) not in _VARIABLES:
            return
        value = self.eval(variable)
        if not isinstance(value, ChoiceV):
            return
        kept = [option for option in value.options if _is_number(option) or possible(option)]
        if 0 < len(kept) < len(value.options):
            self.assign(variable, self.join(kept))

    def _for(self, node: cst.For) -> Flow:
        self.header(node, node.iter)
        iterable = self.eval(node.iter)
        items = self.iterate(iterable)
        turns: list[Value | RunsV] = []
        if items is not None:
            turns.extend(items.items)
        since = self.store.exits
        flow = self._turns(node, turns)
        if flow is Flow.NORMAL and (items is None or not items.complete):
            inner = self._element(iterable)
            self._repeat_unknown(lambda: self._turn(node, inner))
        if flow is Flow.NORMAL and node.orelse is not None:
            with self.uncertain(self.store.exits > since):
                flow = self.suite(node.orelse.body)
                if flow in (Flow.BREAK, Flow.CONTINUE):
                    return self._outer(flow, since)
        return self.rejoin(Flow.BREAK, since, flow)

    def _outer(self, jump: Flow, since: int) -> Flow:
        """A jump in the `else` of a loop is one of the loop around it."""
        if not self.store.rejoin(Flow.BREAK, since, False, self.join):
            return jump
        return Flow.NORMAL

    def _turns(self, node: cst.For, turns: Sequence[Value | RunsV]) -> Flow:
        """The turns of a loop over known items."""
        steps, size = self.steps, self.graph.size
        for index, item in enumerate(turns):
            if not self.step():
                break
            if index >= 8 and self.graph.size == size and self.steps - steps > _MOST_IDLE_STEPS:
                # A loop over numbers: it neither makes nor calls a layer.
                rest = self.any_item(TupleV(tuple(turns[index:])))
                self._repeat_unknown(lambda rest=rest: self._turn(node, rest))  # type: ignore[misc]
                break
            if isinstance(item, RunsV):
                arms = [lambda run=run: self._run_turns(node, run) for run in item.runs]
                flow = self.fork(arms)
            else:
                flow = self._turn(node, item)
            if flow is not Flow.NORMAL:
                return flow
        return Flow.NORMAL

    def _element(self, iterable: Value) -> Value:
        listed = self.raw_items(iterable)
        if listed is not None:
            return self.any_item(listed)
        if isinstance(iterable, ChoiceV):
            parts = [items.items for option in iterable.options if (items := self.raw_items(option)) is not None]
            flat = [item for part in parts for item in part if not isinstance(item, RunsV)]
            if len(parts) == len(iterable.options) and flat:
                return self.join(flat)
        node = iterable.node if isinstance(iterable, UnknownV) else None
        return UnknownV(f"an item of {describe(iterable)}", None, node)

    def _run_turns(self, node: cst.For, run: Sequence[Value]) -> Flow:
        for item in run:
            flow = self._turn(node, item)
            if flow is not Flow.NORMAL:
                return flow
        return Flow.NORMAL

    def _turn(self, node: cst.For | cst.While, item: Value | None = None) -> Flow:
        if isinstance(node, cst.For) and item is not None:
            self.assign(node.target, item)
        since = self.store.exits
        with self.uncertain(since > self.frame.exits):
            flow = self.suite(node.body)
        return self.rejoin(Flow.CONTINUE, since, flow)

    def _while(self, node: cst.While) -> Flow:
        turns = 0
        since = self.store.exits
        flow = Flow.NORMAL
        ends = True
        while turns < library.MOST_TURNS and self.step():
            self.header(node, node.test)
            truth = self.truth(self.eval(node.test))
            if truth is False:
                if node.orelse is not None:
                    flow = self.suite(node.orelse.body)
                return self.rejoin(Flow.BREAK, since, flow)
            ends = not isinstance(node.test, (cst.Name, cst.Integer)) or truth is None
            if truth is None or (turns >= 2 and not ends):
                break
            flow = self._turn(node)
            if flow is not Flow.NORMAL:
                return self.rejoin(Flow.BREAK, since, flow)
            turns += 1
        self._repeat_unknown(lambda: self._turn(node))
        if not ends and self.store.exits > since:
            flow = Flow.RAISE  # `while True` ends by a jump only
        return self.rejoin(Flow.BREAK, since, flow)

    def _repeat_unknown(self, turn: Callable[[], Flow]) -> None:
        """Run the body of a loop whose number of turns is not known.

        Twice is enough for the end of one turn to be seen to feed the beginning of the next; where the first turn
        neither made nor called a layer, once.
        """
        for _ in range(2):
            size = self.graph.size
            self.fork([lambda: Flow.NORMAL, turn])
            if self.graph.size == size:
                return

    def _try(self, node: cst.Try | cst.TryStar) -> Flow:
        def body() -> Flow:
            flow = self.suite(node.body)
            return self.suite(node.orelse.body) if flow is Flow.NORMAL and node.orelse is not None else flow

        def handle(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> Flow:
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                self.assign(handler.name.name, UnknownV("an exception"))
            with self.uncertain():
                return self.suite(handler.body)

        # What the body did before it failed is taken as not done: a handler comes instead of it.
        if node.handlers:
            handlers = [lambda handler=handler: handle(handler) for handler in node.handlers]
            flow = self.alternatives([body, *handlers])
        else:
            flow = body()
        if node.finalbody is not None:
            last = self.suite(node.finalbody.body)
            flow = last if last is not Flow.NORMAL else flow
        return flow

    def _with(self, node: cst.With) -> Flow:
        for item in node.items:
            self.header(node, item.item)
            value = self.eval(item.item)
            if item.asname is not None:
                known = value if isinstance(value, InstanceV) else UnknownV("what a context manager gives")
                self.assign(item.asname.name, known)
        return self.suite(node.body)

    def _match(self, node: cst.Match) -> Flow:
        self.header(node, node.subject)
        subject = self.eval(node.subject)
        arms: list[Callable[[], Flow]] = []
        for case in node.cases:
            outcome = self._matches(case.pattern, subject) if case.guard is None else None
            if outcome is False:
                continue
            body = case.body
            if outcome is True:
                if not arms:
                    self._capture(case.pattern)
                    return self.suite(body)
                arms.append(lambda case=case: self._case(case))  # type: ignore[misc]
                return self.fork(arms)
            arms.append(lambda case=case: self._case(case))  # type: ignore[misc]
        return self.fork([*arms, lambda: Flow.NORMAL]) if arms else Flow.NORMAL

    def _case(self, case: cst.MatchCase) -> Flow:
        self._capture(case.pattern)
        return self.suite(case.body)

    def _capture(self, pattern: cst.CSTNode) -> None:
        for part in _walk(pattern):
            if isinstance(part, cst.MatchAs) and isinstance(part.name, cst.Name):
                self.assign(part.name, UnknownV("a part of what is matched"))

    def _matches(self, pattern: cst.CSTNode, subject: Value) -> bool | None:
        if isinstance(pattern, cst.MatchValue):
            return self.compare(cst.Equal(), subject, self.eval(pattern.value))
        if isinstance(pattern, cst.MatchSingleton):
            return self.compare(cst.Is(), subject, self.eval(pattern.value))
        if isinstance(pattern, cst.MatchOr):
            outcomes = {self._matches(element.pattern, subject) for element in pattern.patterns}
            return True if True in outcomes else (None if None in outcomes else False)
        if isinstance(pattern, cst.MatchAs) and pattern.pattern is None:
            return True
        return None

    # -- imports ----------------------------------------------------------------------------------------------------

    def _import(self, node: cst.Import) -> Flow:
        importer = self.frame.parsed.source.path
        for alias in node.names:
            dotted = _dotted(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                self.assign(alias.asname.name, self.later(dotted, importer))
                continue
            top = dotted.split(".")[0]
            scope = self.frame.scopes[0]
            known = self.store.raw(scope, top)
            more = known.modules if isinstance(known, LazyImport) else ()
            self.store.set(scope, top, self.later(top, importer, (*more, dotted)))
        return Flow.NORMAL

    def later(self, dotted: str, importer: str, hanging: tuple[str, ...] = ()) -> Value:
        """A module by its absolute name, followed into the code base when it is first used."""
        if framework(dotted):
            return ExternalV(dotted)

        def find() -> Value:
            found = self.module(dotted, 0, importer)
            for one in hanging if isinstance(found, ModuleV) else ():
                assert isinstance(found, ModuleV)
                self._hang(found, one, importer)
            return found if found is not None else ExternalV(dotted)

        return LazyImport(find, hanging)

    def _hang(self, root: ModuleV, dotted: str, importer: str) -> None:
        """`import a.b.c` makes `b` an attribute of `a` and `c` one of `b`."""
        parent = root
        parts = dotted.split(".")
        for i in range(1, len(parts)):
            child = self.module(".".join(parts[: i + 1]), 0, importer)
            if not isinstance(child, ModuleV):
                return
            self.store.set(parent.id, parts[i], child)
            parent = child

    def module(self, dotted: str, level: int, importer: str) -> Value | None:
        """A module of the code base, or None."""
        if level == 0 and (framework(dotted) or names.resolve(dotted) is not None):
            return None
        source = self.finder.find(dotted, level, importer)
        if source is None:
            return None
        if len(self.modules) > _MOST_MODULES or self.loading > _MOST_IMPORTS:
            return UnknownV(f"module '{dotted}': too many modules are involved")
        try:
            return self.load(source, dotted or "__init__")
        except ParseError as error:
            return UnknownV(f"module '{dotted}' does not parse (line {error.row})")

    def _import_from(self, node: cst.ImportFrom) -> Flow:
        dotted = _dotted(node.module) if node.module is not None else ""
        level = len(node.relative)
        frame = self.frame
        importer = frame.parsed.source.path
        scope = frame.scopes[0]
        if isinstance(node.names, cst.ImportStar):
            self._import_star(self.module(dotted, level, importer), dotted, level, node)
            return Flow.NORMAL
        for alias in node.names:
            name = _dotted(alias.name)
            target = alias.asname.name if alias.asname is not None else alias.name
            if not isinstance(target, cst.Name):
                continue
            value: Value
            if level == 0 and framework(dotted):
                value = ExternalV(f"{dotted}.{name}")
            else:
                find = partial(self._member, dotted, level, name, frame.parsed, alias)
                value = LazyImport(find)
            self.store.set(frame.outer_names.get(target.value, scope), target.value, value)
        return Flow.NORMAL

    def _member(self, dotted: str, level: int, name: str, parsed: ParsedModule, alias: cst.ImportAlias) -> Value:
        """What `from module import name` gives."""
        importer = parsed.source.path
        module = self.module(dotted, level, importer)
        value: Value | None = None
        if isinstance(module, ModuleV):
            value = self.store.get(module.id, name) or self._from_star(module, name)
        if value is None and (level or isinstance(module, ModuleV)):
            value = self.module(f"{dotted}.{name}" if dotted else name, level, importer)
        if value is None and module is None and level == 0:
            value = self.module(f"{dotted}.{name}", 0, importer) or ExternalV(f"{dotted}.{name}")
        if value is None:
            where = "." * level + dotted
            reason = f"'{name}' comes from module '{where}' that was not found"
            if isinstance(module, ModuleV):
                reason = f"module '{where}' does not define '{name}'"
            elif isinstance(module, UnknownV):
                reason = module.reason
            value = UnknownV(reason, LazySpan(parsed, alias))
        return value

    def _from_star(self, module: ModuleV, name: str) -> Value | None:
        stars = self.store.get(module.id, "*")
        for star in reversed(stars.items) if isinstance(stars, TupleV) else ():
            if isinstance(star, ExternalV) and names.resolve(f"{star.name}.{name}") is not None:
                return ExternalV(f"{star.name}.{name}")
        return None

    def _import_star(self, module: Value | None, dotted: str, level: int, node: cst.ImportFrom) -> None:
        scope = self.frame.scopes[0]
        stars = self.store.get(scope, "*")
        known = stars.items if isinstance(stars, TupleV) else ()
        if isinstance(module, ModuleV):
            for key, value in list(self.store.cells(module.id).items()):
                if isinstance(key, str) and not key.startswith(("_", "@", "*")):
                    self.store.set(scope, key, value)
            inherited = self.store.get(module.id, "*")
            self.store.set(scope, "*", TupleV((*known, *(inherited.items if isinstance(inherited, TupleV) else ()))))
        elif level == 0 and names.resolve(dotted) is not None:
            self.store.set(scope, "*", TupleV((*known, ExternalV(dotted))))
        else:
            self.graph.note(self.span(node), f"'{'.' * level}{dotted}' was not found: its names are not known")

    # -- functions and classes --------------------------------------------------------------------------------------

    def define_function(self, node: cst.FunctionDef | cst.Lambda) -> FunctionV:
        """Make a function; defaults are evaluated now, as Python does."""
        frame = self.frame
        defaults: dict[str, Value] = {}
        parameters = node.params
        for parameter in [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]:
            if parameter.default is not None:
                defaults[parameter.name.value] = self.eval(parameter.default)
        name = node.name.value if isinstance(node, cst.FunctionDef) else "<lambda>"
        # A class body is no scope for the functions in it.
        owner = self.store.get(frame.scopes[0], "@class") if frame.scopes else None
        scopes = frame.scopes[1:] if owner is not None else frame.scopes
        self.captured.update(scopes)
        return FunctionV(name, node, frame.parsed, scopes, defaults, owner if isinstance(owner, ClassV) else None)

    def _function(self, node: cst.FunctionDef) -> Flow:
        last = node.params.params[-1] if node.params.params else node.name
        self.header(node, last if isinstance(last, cst.Name) else last.name)
        function = self.define_function(node)
        value: Value = function
        decorators: list[Value] = []
        for decorator in reversed(node.decorators):
            applied = self.eval(decorator.decorator)
            decorators.append(applied)
            if isinstance(applied, (FunctionV, PartialV)):
                value = self.call(applied, CallArgs((ArgV(value, self.span(node.name)),)), self.span(node.name))
            elif isinstance(applied, ExternalV) and not _is_transparent(applied.name):
                value = UnknownV(f"'{function.name}' is decorated by {applied.name}")
        if decorators:
            named = FunctionV(
                function.name,
                node,
                function.parsed,
                function.scopes,
                function.defaults,
                function.owner,
                tuple(decorators),
            )
            value = named if value is function else value
            function = named
        if function.owner is not None:
            methods = self.store.raw(function.owner.id, "@methods") or TupleV(())
            self.store.set(function.owner.id, "@methods", appended(methods, [function]) or methods)
        else:
            self.list_entry(function, node)
        kind = _decorated(function)
        if kind in ("setter", "deleter"):
            # The getter keeps the name.
            self.store.set(self.frame.scopes[0], f"@{kind} {function.name}", function)
        else:
            self.store.set(self.frame.outer_names.get(function.name, self.frame.scopes[0]), function.name, value)
        return Flow.NORMAL

    def _class(self, node: cst.ClassDef) -> Flow:
        self.header(node, node.name)
        bases = tuple(self.eval(arg.value) for arg in node.bases)
        keras = next((found for base in bases if (found := _keras_base(base))), "")
        frame = self.frame
        id = self.store.new()
        cls = ClassV(id, node.name.value, bases, frame.parsed, self.span(node.name), keras)
        self.store.set(id, "@class", cls)
        self.store.set(id, "@fields", TupleV(()))
        for decorator in node.decorators:
            if "dataclass" in _dotted_or_empty(decorator.decorator):
                self.store.set(id, "@dataclass", ConstV(True))
        if any(isinstance(base, ExternalV) and base.name.endswith("NamedTuple") for base in bases):
            self.store.set(id, "@dataclass", ConstV(True))
        self.push(frame.parsed, (id, *frame.scopes), exits=frame.exits)
        try:
            self.suite(node.body)
        finally:
            self.pop()
        self.store.set(frame.scopes[0], cls.name, cls)
        self.list_entry(cls, node)
        return Flow.NORMAL

    def list_entry(self, entry: FunctionV | ClassV, node: cst.CSTNode) -> None:
        """Remember an entry point, once, and only of the file under analysis: imported ones have a run of their own."""
        if self.frame.parsed.source.path == self.main and id(node) not in self.listed:
            if len(self.frame.scopes) == 1 and entry.name in self.passed_over:
                return
            self.listed.add(id(node))
            self.entries.append(entry)

    def fields(self, cls: ClassV) -> list[tuple[str, Value | None]]:
        """The fields of a dataclass, inherited ones first, with their defaults."""
        found: dict[str, Value | None] = {}
        for base in reversed(cls.bases):
            if isinstance(base, ClassV):
                found.update(self.fields(base))
        listed = self.store.get(cls.id, "@fields")
        for item in listed.items if isinstance(listed, TupleV) else ():
            if isinstance(item, ConstV) and isinstance(item.value, str):
                found[item.value] = self.store.get(cls.id, item.value)
        return list(found.items())

    def class_attribute(self, cls: ClassV, name: str, after: ClassV | None = None) -> Value | None:
        """An attribute of a class or of the user's classes that it derives from; only those behind `after`."""
        order = self.orders.get(cls.id)
        if order is None:
            order = self.orders[cls.id] = _resolution(cls)
        if after is not None and after in order:
            order = order[order.index(after) + 1 :]
        for one in order:
            found = self.store.get(one.id, name)
            if found is not None:
                return found
        return None

    # -- attributes -------------------------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str, span: Span) -> Value:
        """Read an attribute of any value."""
        return _ATTRIBUTES[type(value)](self, value, name, span)

    def _no_attribute(self, value: Value, name: str, _span: Span) -> Value:
        return UnknownV(f"attribute '{name}' of {describe(value)}")

    def _method_of(self, value: Value, name: str, _span: Span) -> Value:
        return BoundV(value, name)

    def _external_attribute(self, value: ExternalV, name: str, _span: Span) -> Value:
        return library.flag(self, name) if value.name.endswith("FLAGS") else ExternalV(f"{value.name}.{name}")

    def _choice_attribute(self, value: ChoiceV, name: str, span: Span) -> Value:
        return self.join([self.attribute(option, name, span) for option in value.options])

    def _unknown_attribute(self, value: UnknownV, name: str, _span: Span) -> Value:
        return BoundV(value, name) if name == "reshape" or library_tuner(name) else value.part(f".{name}")

    def _keras_attribute(self, value: Value, name: str, span: Span) -> Value:
        return semantics.attribute(self, value, name, span) or BoundV(value, name)

    def _object_attribute(self, value: ObjectV, name: str, _span: Span) -> Value:
        if value.kind == "namespace":
            return self.store.get(value.id, name) or UnknownV(f"attribute '{name}' of the options")
        return BoundV(value, name)

    def _function_attribute(self, value: FunctionV, name: str, span: Span) -> Value:
        if name == "__name__":
            return ConstV(value.name)
        if name in ("setter", "deleter") and _decorated(value) == "property":
            return BoundV(value, name)
        return self._no_attribute(value, name, span)

    def _class_object_attribute(self, value: ClassV, name: str, _span: Span) -> Value:
        found = self.class_attribute(value, name)
        if isinstance(found, FunctionV) and _decorated(found) == "class":
            return BoundV(value, found)
        if found is None and name == "__name__":
            return ConstV(value.name)
        return found or UnknownV(f"class {value.name} has no known attribute '{name}'")

    def _module_attribute(self, value: ModuleV, name: str, _span: Span) -> Value:
        found = self.store.get(value.id, name) or self._from_star(value, name)
        if found is None:
            found = self._submodule(value, name)
        return found or UnknownV(f"module '{value.name}' does not define '{name}'")

    def _submodule(self, package: ModuleV, name: str) -> Value | None:
        """A module of a package that nothing has imported by name; some `__init__` may have."""
        parsed = package.parsed
        assert isinstance(parsed, ParsedModule)
        if not parsed.source.path.endswith("__init__.py"):
            return None
        source = self.finder.find(name, 1, parsed.source.path)
        try:
            return self.load(source, name) if source is not None else None
        except ParseError as error:
            return UnknownV(f"module '{name}' does not parse (line {error.row})")

    def _instance_attribute(self, value: InstanceV, name: str, span: Span) -> Value:
        found = self.store.get(value.id, name)
        if found is None:
            found = self.class_attribute(value.cls, name)
            if isinstance(found, FunctionV) and found.owner is not None:
                kind = _decorated(found)
                if kind == "property":
                    return self.call(BoundV(value, found), CallArgs(), span)
                return found if kind == "static" else BoundV(value.cls if kind == "class" else value, found)
        if found is not None:
            return found
        if name == "__class__":
            return value.cls
        if value.cls.keras:
            model = semantics.model_of(self, value)
            if model is None and value.cls.keras == "keras.Sequential":
                model = semantics.sequential_of(self, value)
            if model is not None:
                return semantics.attribute(self, model, name, span) or BoundV(model, name)
            return BoundV(value, name)
        return UnknownV(f"attribute '{name}' of an object of class {value.cls.name} is not known", span)

    def _super_attribute(self, value: SuperV, name: str, _span: Span) -> Value:
        receiver = value.self
        cls = receiver.cls if isinstance(receiver, InstanceV) else value.cls
        found = self.class_attribute(cls, name, after=value.cls)
        if isinstance(found, FunctionV):
            return found if _decorated(found) == "static" else BoundV(receiver, found)
        return found if found is not None else BoundV(value, name)

    # -- calls ------------------------------------------------------------------------------------------------------

    def call(self, function: Value, args: CallArgs, span: Span) -> Value:
        """Call any value."""
        return _CALLS[type(function)](self, function, args, span)

    def _call_other(self, function: Value, args: CallArgs, span: Span) -> Value:
        reason = function.reason if isinstance(function, UnknownV) else f"{describe(function)} is called"
        return self._not_understood(reason, args, span, function)

    def _call_partial(self, function: PartialV, args: CallArgs, span: Span) -> Value:
        inner = function.args
        given = {name for name, _ in args.keywords}
        kept = tuple((name, arg) for name, arg in inner.keywords if name not in given)
        merged = CallArgs(inner.positional + args.positional, kept + args.keywords, inner.complete and args.complete)
        return self.call(function.function, merged, span)

    def _not_understood(self, reason: str, args: CallArgs, span: Span, function: Value | None = None) -> UnknownV:
        """The result of a call that is not followed; of interest to the user only where layers or tensors go in."""
        values = [arg.value for arg in args.positional]
        if args.keywords:
            values += [arg.value for _, arg in args.keywords]
        if isinstance(function, UnknownV) and function.node is not None:
            values.append(function)
        for value in values:
            if isinstance(value, UnknownV):
                matters = value.node is not None
            else:
                matters = type(value) not in PLAIN and (isinstance(value, _LAYERS) or any(self.tensors(value)))
            if matters:
                return self.unknown(reason, span, values)
        self.symbols += 1
        return UnknownV(reason, span, None, f"value {self.symbols}")

    def _call_choice(self, function: ChoiceV, args: CallArgs, span: Span) -> Value:
        externals = [option for option in function.options if isinstance(option, ExternalV)]
        if len(externals) == len(function.options):
            # The two arms of a try/except import are one and the same thing.
            symbols = [names.resolve(option.name) for option in externals]
            if all(
                symbol is not None and symbols[0] is not None and symbol.name == symbols[0].name for symbol in symbols
            ):
                return self.call(externals[0], args, span)
        results: list[Value] = []
        arms = [lambda option=option: results.append(self.call(option, args, span)) for option in function.options]
        with self.uncertain():
            self.store.fork(arms, self.join)
        return self.join(results)

    def _call_external(self, function: ExternalV, args: CallArgs, span: Span) -> Value:
        if _is_outside(function.name):
            return self._not_understood(f"{function.name}() is outside of the code that was read", args, span)
        symbol = names.resolve(function.name)
        if symbol is not None:
            if symbol.kind in ("layer", "model", "input"):
                return semantics.construct(self, symbol, args, span)
            if symbol.kind in ("function", "module"):
                result = library.call(self, symbol.name, args, span)
                if result is None:
                    result = semantics.function(self, symbol.name, args, span)
                if result is not None:
                    return result
        result = library.call(self, function.name, args, span)
        if result is not None:
            return result
        last = function.name.rpartition(".")[2]
        if library_tuner(last) and not names.resolve(function.name.partition(".")[0]):
            tuned = library.tuner(self, last, args)
            if tuned is not None:
                return tuned
        return self._not_understood(f"{function.name}() is outside of the code that was read", args, span)

    def _call_method(self, method: BoundV, args: CallArgs, span: Span) -> Value:
        receiver = method.self
        if isinstance(method.method, FunctionV):
            return self._call_function(method.method, args, span, receiver)
        name = method.method
        if isinstance(receiver, ListV):
            return library.list_method(self, receiver, name, args)
        if isinstance(receiver, DictV):
            return library.dict_method(self, receiver, name, args)
        if isinstance(receiver, (LayerV, ModelV, TensorV, TupleV)):
            if name == "__call__":
                return self.call(receiver, args, span)
            return semantics.method(self, receiver, name, args, span)
        if isinstance(receiver, ConstV) and isinstance(receiver.value, str):
            return library.text_method(self, receiver, name, args)
        if isinstance(receiver, ObjectV):
            return library.object_method(self, receiver, name, args)
        if isinstance(receiver, SuperV):
            return self._call_super(receiver, name, args, span)
        if isinstance(receiver, UnknownV) and name == "reshape":
            made = semantics.reshape(self, receiver, args, span)
            return made if made is not None else self._not_understood(receiver.reason, args, span, receiver)
        if isinstance(receiver, UnknownV):
            tuned = library.tuner(self, name, args)
            return tuned if tuned is not None else self._not_understood(receiver.reason, args, span, receiver)
        if isinstance(receiver, InstanceV):
            if name == "__call__":
                return self._call_instance(receiver, args, span)
            return self._not_understood(
                f"'{name}' of class {receiver.cls.name} is not set in the code that was read", args, span
            )
        return self._not_understood(f"method '{name}' of {describe(receiver)}", args, span)

    def _call_super(self, receiver: SuperV, name: str, args: CallArgs, span: Span) -> Value:
        instance = receiver.self
        if isinstance(instance, InstanceV) and name == "__init__":
            if instance.cls.keras == "keras.Sequential":
                semantics.sequential_init(self, instance, args, span)
            elif instance.cls.keras == "keras.Model":
                semantics.functional_init(self, instance, args, span)
            return ConstV(None)
        if isinstance(instance, InstanceV) and instance.cls.keras in ("keras.Sequential", "keras.Model"):
            made = semantics.model_of(self, instance)
            if made is not None:
                return (
                    self.call(made, args, span)
                    if name in ("call", "__call__")
                    else semantics.method(self, made, name, args, span)
                )
        return self._not_understood(f"super().{name}() is not the user's own", args, span)

    def _call_instance(self, instance: InstanceV, args: CallArgs, span: Span) -> Value:
        call = self.class_attribute(instance.cls, "__call__" if not instance.cls.keras else "call")
        if isinstance(call, FunctionV):
            build = self.class_attribute(instance.cls, "build") if instance.cls.keras else None
            if isinstance(build, FunctionV) and self.store.get(instance.id, "@built") is None:
                self.store.set(instance.id, "@built", ConstV(True))
                shape = UnknownV("the shape that build() gets", span)
                self._call_function(build, CallArgs((ArgV(shape, span),)), span, instance)
            first = len(self.graph.nodes)
            result = self._call_function(call, args, span, instance)
            if instance.cls.keras:
                semantics.remember_call(self, instance, args, result, first)
            return result
        model = semantics.model_of(self, instance)
        if model is not None:
            return semantics.call_model(self, model, args, span)
        return self._not_understood(f"an object of class {instance.cls.name} is called", args, span)

    def _instantiate(self, cls: ClassV, args: CallArgs, span: Span) -> Value:
        instance = InstanceV(self.store.new(), cls)
        init = self.class_attribute(cls, "__init__")
        if isinstance(init, FunctionV):
            self._call_function(init, args, span, instance)
        elif self.store.get(cls.id, "@dataclass") is not None:
            given = dict(args.keywords)
            for i, (name, default) in enumerate(self.fields(cls)):
                arg = args.positional[i] if i < len(args.positional) else given.get(name)
                fallback = default or UnknownV(f"field '{name}' of {cls.name}")
                self.store.set(instance.id, name, arg.value if arg is not None else fallback)
        elif cls.keras:
            self._call_super(SuperV(cls, instance), "__init__", args, span)
        elif any(not isinstance(base, ClassV) and base != ExternalV("builtins.object") for base in cls.bases):
            return UnknownV(f"class {cls.name} derives from something that is not known", span)
        return instance

    def _call_function(self, function: FunctionV, args: CallArgs, span: Span, receiver: Value | None = None) -> Value:
        """Follow a call into the function's body."""
        self.called.add(id(function.node))
        if id(function.node) in self.stack:
            return self._not_understood(f"{function.name}() calls itself", args, span)
        if len(self.stack) >= _MOST_DEPTH or not self.step():
            return self._not_understood(f"{function.name}() is called too deeply to be followed", args, span)
        return self.execute(function, self._bind(function, args, span, receiver), receiver)

    def _bind(self, function: FunctionV, args: CallArgs, span: Span, receiver: Value | None) -> dict[str, Value]:
        parsed = function.parsed
        assert isinstance(parsed, ParsedModule)
        signature = parsed.signature(function.node)
        bound: dict[str, Value] = {}
        positional = args.positional
        if receiver is not None and function.owner is not None and _decorated(function) != "static":
            positional = (ArgV(receiver, span), *positional)
        for name, arg in zip(signature.listed, positional, strict=False):
            bound[name] = arg.value
        extra: list[tuple[str, Value]] = []
        for name, arg in args.keywords:
            if name in signature.keywords:
                bound[name] = arg.value
            else:
                extra.append((name, arg.value))
        for name in signature.names:
            if name not in bound:
                default = function.defaults.get(name)
                if default is None or not args.complete:
                    missing = UnknownV(f"argument '{name}' of {function.name}()", span)
                    default = missing if default is None else self.join([default, missing])
                bound[name] = default
        if signature.star is not None:
            rest = tuple(arg.value for arg in positional[len(signature.listed) :])
            bound[signature.star] = TupleV(rest, args.complete)
        if signature.double_star is not None:
            bound[signature.double_star] = self.new_dict(extra, args.complete)
        return bound

    def execute(self, function: FunctionV, bound: dict[str, Value], receiver: Value | None) -> Value:
        """Run a function's body with its parameters bound, and join what it returns."""
        parsed = function.parsed
        assert isinstance(parsed, ParsedModule)
        scope = self.store.make(bound)
        frame = self.push(parsed, (scope, *function.scopes), function, receiver)
        certain = self.graph.certain
        self.stack.append(id(function.node))
        try:
            if isinstance(function.node, cst.Lambda):
                return self.eval(function.node.body)
            flow = self.suite(function.node.body)
            if flow is Flow.NORMAL:
                frame.returned.append(ConstV(None))
            self.rejoin(Flow.RETURN, frame.exits, flow, None if scope in self.captured else scope)
            return self.join(frame.returned) if frame.returned else UnknownV(f"{function.name}() never returns")
        finally:
            self.graph.certain = certain
            self.pop()
            self.stack.pop()
            if scope not in self.captured:
                self.store.drop(scope)


# ---------------------------------------------------------------------------------------------------------------------


@cache
def _is_outside(name: str) -> bool:
    """Whether nothing at all is known of a function."""
    last = name.rpartition(".")[2]
    return names.resolve(name) is None and not library.is_known(name) and not library_tuner(last)


def library_tuner(name: str) -> bool:
    """Whether a method name is one of a hyperparameter tuner's."""
    return name in ("Float", "Int", "Choice", "Boolean", "Fixed") or name.startswith("suggest_")


def _is_number(value: Value) -> bool:
    return isinstance(value, ConstV) and isinstance(value.value, (int, float))


def _keras_base(base: Value) -> str:
    if isinstance(base, ClassV):
        return base.keras
    if isinstance(base, ExternalV):
        symbol = names.resolve(base.name)
        if symbol is not None and symbol.kind in ("layer", "model"):
            return symbol.name
        if symbol is not None and symbol.name == "tensorflow.Module":
            return "keras.layers.Layer"
    if isinstance(base, ChoiceV):
        return next((found for option in base.options if (found := _keras_base(option))), "")
    return ""


def _resolution(cls: ClassV) -> list[ClassV]:
    """The user's classes among a class and its bases, in Python's method resolution order."""
    order: list[ClassV] = []
    _list_bases(cls, order, 0)
    return order[::-1]


def _list_bases(cls: ClassV, order: list[ClassV], depth: int) -> None:
    """Depth first, each class at the last of its places: a base comes behind all that derive from it."""
    if depth < _MOST_DEPTH and len(order) < _MOST_BASES:
        for base in reversed(cls.bases):
            if isinstance(base, ClassV) and base not in order:
                _list_bases(base, order, depth + 1)
        order.append(cls)


def _decorated(function: FunctionV) -> str:
    """What a method is made by its decorators: "static", "class", "property" or an ordinary one ("")."""
    for decorator in function.decorators:
        name = decorator.name if isinstance(decorator, ExternalV) else ""
        if name == "builtins.staticmethod":
            return "static"
        if name == "builtins.classmethod":
            return "class"
        if name == "builtins.property" or name.endswith("cached_property"):
            return "property"
        if isinstance(decorator, BoundV) and decorator.method in ("setter", "deleter"):
            return str(decorator.method)
    return ""


def _is_transparent(name: str) -> bool:
    return name.startswith("builtins.") or name.endswith((*_TRANSPARENT, "property"))


def _is_inner(function: FunctionV) -> bool:
    """Whether only the code around a function can call it, as far as conventions go."""
    return len(function.scopes) > 1 or function.name.startswith("_")


def _statements(function: cst.FunctionDef | cst.Lambda) -> int:
    """The number of statements in a function, about: those in further arms are not counted."""
    count = 0
    level: Sequence[Any] = (function,)
    while level:
        blocks = [one.body for one in level if isinstance(getattr(one, "body", None), cst.IndentedBlock)]
        level = [one for block in blocks for one in block.body]
        count += len(level)
    return count


def _entry_span(entry: FunctionV | ClassV) -> Span:
    if isinstance(entry, ClassV):
        return entry.span
    parsed = entry.parsed
    assert isinstance(parsed, ParsedModule)
    return _spot(parsed, entry.node, entry.node.name if isinstance(entry.node, cst.FunctionDef) else entry.node)


def _spot(parsed: ParsedModule, function: cst.FunctionDef | cst.Lambda, node: cst.CSTNode) -> LazySpan:
    """Where a part of a function's header stands, which is a statement of its own."""
    return LazySpan(parsed, node, None, None if isinstance(function, cst.Lambda) else (function, node, node))


def _dotted(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def _dotted_or_empty(node: cst.BaseExpression) -> str:
    return _dotted(node.func) if isinstance(node, cst.Call) else _dotted(node)


def _walk(node: cst.CSTNode) -> list[cst.CSTNode]:
    found = [node]
    for one in found:
        found.extend(one.children)
    return found


_STATEMENTS: dict[type[cst.CSTNode], Callable[[Any, Any], Flow]] = {
    **dict.fromkeys(classes(cst.CSTNode), Interpreter._no_effect),  # type: ignore[type-abstract]
    cst.SimpleStatementLine: Interpreter._simple,
    cst.SimpleStatementSuite: Interpreter._simple,
    cst.Expr: Interpreter._expr,
    cst.Assign: Interpreter._assign,
    cst.AnnAssign: Interpreter._annotated,
    cst.AugAssign: Interpreter._augmented,
    cst.Return: Interpreter._return,
    cst.Raise: Interpreter._raise,
    cst.Break: Interpreter._break,
    cst.Continue: Interpreter._continue,
    cst.Assert: Interpreter._assert,
    cst.Del: Interpreter._delete,
    cst.Global: Interpreter._global,
    cst.Nonlocal: Interpreter._nonlocal,
    cst.Import: Interpreter._import,
    cst.ImportFrom: Interpreter._import_from,
    cst.If: Interpreter._if,
    cst.For: Interpreter._for,
    cst.While: Interpreter._while,
    cst.Try: Interpreter._try,
    cst.TryStar: Interpreter._try,
    cst.With: Interpreter._with,
    cst.FunctionDef: Interpreter._function,
    cst.ClassDef: Interpreter._class,
    cst.Match: Interpreter._match,
}
_TARGETS: dict[type[cst.CSTNode], Callable[[Any, Any, Value], None]] = {
    **dict.fromkeys(classes(cst.CSTNode), Interpreter._set_nothing),  # type: ignore[type-abstract]
    cst.Name: Interpreter._set_name,
    cst.Attribute: Interpreter._set_attribute,
    cst.Tuple: Interpreter._unpack,
    cst.List: Interpreter._unpack,
    cst.Subscript: Interpreter._set_item,
    cst.StarredElement: Interpreter._set_starred,
}
_ATTRIBUTES: dict[type[Value], Callable[[Any, Any, str, Span], Value]] = {
    **dict.fromkeys(classes(Value), Interpreter._no_attribute),
    ExternalV: Interpreter._external_attribute,
    ChoiceV: Interpreter._choice_attribute,
    InstanceV: Interpreter._instance_attribute,
    ClassV: Interpreter._class_object_attribute,
    ModuleV: Interpreter._module_attribute,
    SuperV: Interpreter._super_attribute,
    ObjectV: Interpreter._object_attribute,
    FunctionV: Interpreter._function_attribute,
    LayerV: Interpreter._keras_attribute,
    ModelV: Interpreter._keras_attribute,
    TensorV: Interpreter._keras_attribute,
    TupleV: Interpreter._keras_attribute,
    ListV: Interpreter._method_of,
    DictV: Interpreter._method_of,
    ConstV: Interpreter._method_of,
    UnknownV: Interpreter._unknown_attribute,
}
_CALLS: dict[type[Value], Callable[[Any, Any, CallArgs, Span], Value]] = {
    **dict.fromkeys(classes(Value), Interpreter._call_other),
    ExternalV: Interpreter._call_external,
    LayerV: semantics.call_layer,
    ModelV: semantics.call_model,
    FunctionV: Interpreter._call_function,
    BoundV: Interpreter._call_method,
    ClassV: Interpreter._instantiate,
    InstanceV: Interpreter._call_instance,
    PartialV: Interpreter._call_partial,
    ChoiceV: Interpreter._call_choice,
}
