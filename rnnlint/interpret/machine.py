"""The machine: the state of an abstract run, and five doors through which every part of the language is reached.

`evaluate`, `execute`, `assign`, `attribute` and `call` look up a handler in a table, by the type of the syntax node or
of the value, and call it with the machine. Handlers are free functions that register themselves with the decorators at
the end of this module; each construct of the language has a module of its own in `rnnlint.interpret.language`. The
machine imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import libcst as cst

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret import join as joins
from rnnlint.interpret.base import Value, classes
from rnnlint.interpret.budget import Budget
from rnnlint.interpret.builder import GraphBuilder, Uncertain
from rnnlint.interpret.contents import DictItems
from rnnlint.interpret.items import constant_of, is_run
from rnnlint.interpret.parsed import ParsedModule, ParseError
from rnnlint.interpret.semantics.memory import Memory, join_values
from rnnlint.interpret.spans import LazySpan
from rnnlint.interpret.state import CodeBase, Entries, Frame
from rnnlint.interpret.store import ITEMS, Flow, Store
from rnnlint.interpret.values import (
    PLAIN,
    TRUE,
    CallArgs,
    ChoiceV,
    ClassV,
    ConstV,
    DictV,
    ExternalV,
    FunctionV,
    LayerV,
    ListV,
    ModelV,
    RangeV,
    RunsV,
    TensorV,
    TupleV,
    UnknownV,
    describe,
    is_tensor,
)
from rnnlint.keras import names

if TYPE_CHECKING:
    from rnnlint.keras.versions import KerasTargets

_LAYERS = (LayerV, ModelV)


class Machine:
    """The state of one run; implements `rnnlint.interpret.semantics.context.Context`."""

    def __init__(self, env: KerasTargets, code: CodeBase, passed_over: frozenset[str] = frozenset()) -> None:
        self.env = env
        self.code = code
        self.entries = Entries(passed_over)
        self.graph = GraphBuilder()
        self.store = Store()
        self.memory = Memory()
        self.budget = Budget()
        self.frames: list[Frame] = []
        self.frame: Frame  # the present one
        self.running: list[int] = []  # the ids of the nodes of the functions that run
        self.captured: set[int] = set()  # scopes that functions close over
        self.orders: dict[int, list[ClassV]] = {}  # the method resolution orders of classes, by their ids
        self.symbols = 0  # how many unknown results were given a name

    # -- the five doors ---------------------------------------------------------------------------------------------

    def evaluate(self, node: cst.BaseExpression) -> Value:
        """Return the value of an expression."""
        return EXPRESSIONS[type(node)](self, node)

    def execute(self, node: cst.CSTNode) -> Flow:
        """Run one statement and return how it ended.

        A statement that breaks the interpreter is noted in the graph as an error, and the run goes on.
        """
        self.budget.steps += 1
        frame, graph = self.frame, self.graph
        depth, certain, outer = len(self.frames), graph.certain, frame.statement
        try:
            return STATEMENTS[type(node)](self, node)
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

    def assign(self, target: cst.BaseExpression, value: Value) -> None:
        """Assign a value to a target: a name, an attribute, an item, or a tuple of targets."""
        TARGETS[type(target)](self, target, value)

    def attribute(self, value: Value, name: str, span: Span) -> Value:
        """Return an attribute of any value."""
        return ATTRIBUTES[type(value)](self, value, name, span)

    def call(self, function: Value, args: CallArgs, span: Span) -> Value:
        """Return what calling any value gives."""
        return CALLS[type(function)](self, function, args, span)

    # -- activations ------------------------------------------------------------------------------------------------

    def push(
        self,
        parsed: ParsedModule,
        scopes: tuple[int, ...],
        function: FunctionV | None = None,
        receiver: Value | None = None,
        exits: int | None = None,
    ) -> Frame:
        """Begin an activation; `exits` is how many states wait already for it to go on, by default all."""
        variables = tuple(map(self.store.cells, scopes))
        exits = self.store.exits if exits is None else exits
        frame = self.frame = Frame(parsed, scopes, variables, function, receiver, exits=exits)
        self.frames.append(frame)
        return frame

    def pop(self) -> None:
        """End an activation."""
        frames = self.frames
        frames.pop()
        if frames:
            self.frame = frames[-1]

    def unwind(self, depth: int) -> None:
        """End all activations but the first `depth` ones."""
        del self.frames[depth:]
        if self.frames:
            self.frame = self.frames[-1]

    def span(self, node: cst.CSTNode, end: cst.CSTNode | None = None) -> Span:
        """Return where a node of the present module stands, or everything from it to `end`."""
        frame = self.frame
        return LazySpan(frame.parsed, node, end, frame.statement)

    def uncertain(self, undecided: bool = True) -> Uncertain:
        """Return a context manager: what happens inside need not happen on every path."""
        return Uncertain(self.graph, undecided)

    # -- what is not understood -------------------------------------------------------------------------------------

    def unknown(self, reason: str, span: Span, inputs: Sequence[Value] = ()) -> UnknownV:
        """See `Context.unknown`."""
        self.graph.note(span, reason)
        tensors = [tensor for value in inputs for tensor in self.tensors(value)]
        if not tensors:
            return UnknownV(reason, span)
        refs = [tensor.refs if isinstance(tensor, TensorV) else (graph.Ref(tensor.node or 0),) for tensor in tensors]
        node = self.graph.node("opaque", reason, refs, (None,), span, reason=reason)
        return UnknownV(reason, span, node.id)

    def not_followed(self, reason: str, args: CallArgs, span: Span, function: Value | None = None) -> UnknownV:
        """Return the result of a call that is not followed; noted only where layers or tensors go in."""
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

    # -- what values hold -------------------------------------------------------------------------------------------

    def tensors(self, value: Value, depth: int = 3) -> Iterator[TensorV | UnknownV]:
        """Yield the tensors that a value is or holds; an UnknownV that came out of an opaque node counts."""
        if is_tensor(value):
            yield value
        elif depth:
            inner: Sequence[Value] = ()
            if isinstance(value, ChoiceV):
                inner = value.options
            elif isinstance(value, (ListV, TupleV)):
                items = self.items(value)
                inner = items.items if items else ()
            elif isinstance(value, DictV):
                mapping = self.mapping(value)
                inner = [item for _, item in mapping.items] if mapping else ()
            elif isinstance(value, RunsV):
                inner = [item for run in value.runs for item in run]
            for item in inner:
                yield from self.tensors(item, depth - 1)

    def truth(self, value: Value) -> bool | None:
        """See `Context.truth`."""
        if isinstance(value, ConstV):
            return bool(value.value)
        if isinstance(value, UnknownV):
            return None
        if isinstance(value, (TupleV, ListV)):
            items = self.items(value)
            if items is None:
                return None
            if any(not is_run(item) for item in items.items):
                return True
            return False if items.complete and not items.items else None
        if isinstance(value, DictV):
            mapping = self.mapping(value)
            if mapping is None or (not mapping.complete and not mapping.items):
                return None
            return bool(mapping.items)
        if isinstance(value, ChoiceV):
            truths = {self.truth(option) for option in value.options}
            return truths.pop() if len(truths) == 1 else None
        if isinstance(value, ExternalV):
            return True if names.resolve(value.name) is not None else None
        if isinstance(value, RangeV):
            low, high = value.low, value.high
            return True if (low is not None and low > 0) or (high is not None and high < 0) else None
        return True if isinstance(value, TRUE) else None

    def items(self, value: Value) -> TupleV | None:
        """See `Context.items`. A run of alternatives comes as a ChoiceV of tuples."""
        found = self.raw_items(value)
        if found is None or not any(isinstance(item, RunsV) for item in found.items):
            return found
        return TupleV(
            tuple(
                ChoiceV(tuple(TupleV(run) for run in item.runs)) if isinstance(item, RunsV) else item
                for item in found.items
            ),
            found.complete,
        )

    def raw_items(self, value: Value) -> TupleV | None:
        """Return the items of a tuple, list, dict (its keys) or string, None for anything else."""
        if isinstance(value, UnknownV):
            return None
        if isinstance(value, TupleV):
            return value
        if isinstance(value, ListV):
            items = self.store.get(value.id, ITEMS)
            return items if isinstance(items, TupleV) else TupleV((), False)
        if isinstance(value, DictV):
            mapping = self.mapping(value)
            if mapping is not None:
                return TupleV(tuple(constant_of(key) for key, _ in mapping.items), mapping.complete)
        if isinstance(value, ConstV) and isinstance(value.value, str):
            return TupleV(tuple(ConstV(letter) for letter in value.value))
        return None

    def mapping(self, value: Value) -> DictItems | None:
        """See `Context.mapping`."""
        if isinstance(value, DictV):
            items = self.store.get(value.id, ITEMS)
            return items if isinstance(items, DictItems) else DictItems((), False)
        return None

    def new_list(self, items: Sequence[Value], complete: bool = True) -> ListV:
        """See `Context.new_list`."""
        if not self.budget.copy(len(items)):
            items, complete = (), False
        return ListV(self.store.make({ITEMS: TupleV(tuple(items), complete)}))

    def new_dict(self, items: Sequence[tuple[Hashable, Value]], complete: bool = True) -> DictV:
        """Return a fresh dict."""
        return DictV(self.store.make({ITEMS: DictItems(tuple(items), complete)}))

    def join(self, values: Sequence[Value]) -> Value:
        """See `Context.join`."""
        return joins.join(values, join_values)

    def freeze(self, value: Value) -> graph.Value:
        """See `Context.freeze`."""
        return self._freeze(value, 4)

    def _freeze(self, value: Value, depth: int) -> graph.Value:
        if isinstance(value, ConstV):
            return graph.Const(value.value)
        if isinstance(value, UnknownV):
            return graph.Unknown(value.reason, value.symbol)
        if isinstance(value, RangeV):
            return graph.Range(value.low, value.high)
        if isinstance(value, LayerV):
            return graph.LayerArg(value.layer.id)
        if isinstance(value, ExternalV):
            symbol = names.resolve(value.name)
            return graph.Name(symbol.name if symbol else value.name)
        if isinstance(value, (FunctionV, ClassV)):
            return graph.Name(value.name)
        if depth:
            if isinstance(value, ChoiceV):
                return graph.Choice(tuple(self._freeze(option, depth - 1) for option in value.options))
            if isinstance(value, (TupleV, ListV)):
                items = self.raw_items(value)
                if items is not None:
                    at = next((i for i, item in enumerate(items.items) if isinstance(item, RunsV)), None)
                    kept = items.items if at is None else items.items[:at]
                    return graph.Items(
                        tuple(self._freeze(item, depth - 1) for item in kept),
                        "tuple" if isinstance(value, TupleV) else "list",
                        items.complete and at is None,
                    )
        return graph.Unknown(describe(value))


# ---------------------------------------------------------------------------------------------------------------------
# The tables of handlers

H = TypeVar("H", bound=Callable[..., Any])


class Handlers(Generic[H]):
    """A table of handlers by type; calling it with types gives a decorator that registers a handler for them.

    Every subclass of the base class gets the `otherwise` handler first, so that a plain dict answers every lookup.
    """

    def __init__(self, base: type[Any], otherwise: H) -> None:
        self.table: dict[type[Any], H] = dict.fromkeys(classes(base), otherwise)
        self._otherwise = otherwise

    def __call__(self, *kinds: type[Any]) -> Callable[[H], H]:
        """Return a decorator that registers a handler for these types.

        Raises:
            ValueError: in the decorator, where one of the types has a handler already.
        """

        def register(handler: H) -> H:
            for kind in kinds:
                if self.table[kind] is not self._otherwise:
                    raise ValueError(f"{kind.__name__} has two handlers")
                self.table[kind] = handler
            return handler

        return register


def _not_evaluated(_vm: Machine, node: cst.BaseExpression) -> Value:
    return UnknownV(f"{type(node).__name__} is not evaluated")


def _no_effect(_vm: Machine, _node: cst.CSTNode) -> Flow:
    return Flow.NORMAL


def _not_assigned(_vm: Machine, _target: cst.BaseExpression, _value: Value) -> None:
    pass


def no_attribute(_vm: Machine, value: Value, name: str, _span: Span) -> Value:
    """Return the attribute of a value of which no attributes are known."""
    return UnknownV(f"attribute '{name}' of {describe(value)}")


def _not_called(vm: Machine, function: Value, args: CallArgs, span: Span) -> Value:
    reason = function.reason if isinstance(function, UnknownV) else f"{describe(function)} is called"
    return vm.not_followed(reason, args, span, function)


# Handlers take a subclass of what their table is about, which the type of a table cannot say.
evaluates: Handlers[Callable[[Machine, Any], Value]] = Handlers(cst.BaseExpression, _not_evaluated)
executes: Handlers[Callable[[Machine, Any], Flow]] = Handlers(cst.CSTNode, _no_effect)
assigns_to: Handlers[Callable[[Machine, Any, Value], None]] = Handlers(cst.CSTNode, _not_assigned)
attribute_of: Handlers[Callable[[Machine, Any, str, Span], Value]] = Handlers(Value, no_attribute)
call_of: Handlers[Callable[[Machine, Any, CallArgs, Span], Value]] = Handlers(Value, _not_called)
# Looked up directly where a call of `Machine.evaluate` for each node would take time.
EXPRESSIONS = evaluates.table
STATEMENTS = executes.table
TARGETS = assigns_to.table
ATTRIBUTES = attribute_of.table
CALLS = call_of.table
