"""Expressions: what a libcst expression may evaluate to."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import libcst as cst

from rnnlint import graph
from rnnlint.graph import Span
from rnnlint.interpret import join as joins
from rnnlint.interpret import library, semantics
from rnnlint.interpret.base import Value, classes
from rnnlint.interpret.builder import GraphBuilder, Uncertain
from rnnlint.interpret.contents import DictItems, LazyValue
from rnnlint.interpret.memory import Memory
from rnnlint.interpret.parsed import ParsedModule, Statement
from rnnlint.interpret.spans import LazySpan
from rnnlint.interpret.store import Store
from rnnlint.interpret.values import (
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
    RangeV,
    RunsV,
    SuperV,
    TensorV,
    TupleV,
    UnknownV,
)
from rnnlint.keras import names
from rnnlint.records import dataclass
from rnnlint.source import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rnnlint.keras.versions import Env

# Values that are true whatever they hold.
_TRUE = (LayerV, ModelV, FunctionV, ClassV, BoundV, PartialV, ModuleV, InstanceV, TensorV)
_MOST_PRODUCT = 16
_MOST_TEXT = 10_000
_MOST_NUMBER = 10**15
# Python refuses to print integers of more than some thousand digits.
_MOST_BITS = 1_000

_BINARY: dict[type[cst.CSTNode], tuple[str, Callable[[Any, Any], Any]]] = {
    cst.Add: ("add", operator.add),
    cst.Subtract: ("sub", operator.sub),
    cst.Multiply: ("mul", operator.mul),
    cst.Divide: ("truediv", operator.truediv),
    cst.FloorDivide: ("floordiv", operator.floordiv),
    cst.Modulo: ("mod", operator.mod),
    cst.Power: ("pow", operator.pow),
    cst.MatrixMultiply: ("matmul", operator.matmul),
    cst.LeftShift: ("lshift", operator.lshift),
    cst.RightShift: ("rshift", operator.rshift),
    cst.BitAnd: ("and_", operator.and_),
    cst.BitOr: ("or_", operator.or_),
    cst.BitXor: ("xor", operator.xor),
}
_CONSTANTS = {"None": ConstV(None), "True": ConstV(True), "False": ConstV(False), "__debug__": ConstV(True)}
_AUGMENTED: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
    cst.LeftShiftAssign: cst.LeftShift,
    cst.RightShiftAssign: cst.RightShift,
    cst.BitAndAssign: cst.BitAnd,
    cst.BitOrAssign: cst.BitOr,
    cst.BitXorAssign: cst.BitXor,
}
_UNARY: dict[type[cst.CSTNode], tuple[str, Callable[[Any], Any]]] = {
    cst.Minus: ("neg", operator.neg),
    cst.Plus: ("pos", operator.pos),
    cst.BitInvert: ("invert", operator.invert),
}
# Operators that ask whether two things are the same: what they give where they are.
_SAME: dict[type[cst.CSTNode], bool] = {cst.Is: True, cst.Equal: True, cst.IsNot: False, cst.NotEqual: False}
_COMPARE: dict[type[cst.CSTNode], Callable[[Any, Any], Any]] = {
    cst.Equal: operator.eq,
    cst.NotEqual: operator.ne,
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}


@dataclass(slots=True)
class Frame:
    """One activation: of a module, a class body or a function."""

    parsed: ParsedModule
    scopes: tuple[int, ...]
    variables: tuple[Mapping[Hashable, Value], ...]  # what is in these scopes
    function: FunctionV | None = None
    receiver: Value | None = None
    outer_names: dict[str, int] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)
    exits: int = 0  # how many states were waiting to be rejoined when it began
    statement: Statement | None = None  # the statement (or its header) that runs


class Evaluator:
    """Evaluates expressions in the present frame; implements `rnnlint.interpret.context.Context`."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.graph = GraphBuilder()
        self.store = Store()
        self.memory = Memory()
        self.frames: list[Frame] = []
        self.frame: Frame  # the present one
        self.captured: set[int] = set()  # scopes that functions close over
        self.steps = 0

    # -- the context that the semantics of Keras needs -----------------------------------------------------------

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
        """End all activations but the first ones."""
        del self.frames[depth:]
        if self.frames:
            self.frame = self.frames[-1]

    def unknown(self, reason: str, span: Span, inputs: Sequence[Value] = ()) -> UnknownV:
        """See `Context.unknown`."""
        self.graph.note(span, reason)
        tensors = [tensor for value in inputs for tensor in self.tensors(value)]
        if not tensors:
            return UnknownV(reason, span)
        refs = [tensor.refs if isinstance(tensor, TensorV) else (graph.Ref(tensor.node or 0),) for tensor in tensors]
        node = self.graph.node("opaque", reason, refs, (None,), span, reason=reason)
        return UnknownV(reason, span, node.id)

    def tensors(self, value: Value, depth: int = 3) -> Iterator[TensorV | UnknownV]:
        """The tensors that a value is or holds; an UnknownV that came out of an opaque node counts."""
        if _is_tensor(value):
            yield value  # type: ignore[misc]
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
            if any(not _is_run(item) for item in items.items):
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
        return True if isinstance(value, _TRUE) else None

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
        """The items of a tuple, list, dict (its keys) or string, None for anything else."""
        if isinstance(value, UnknownV):
            return None
        if isinstance(value, TupleV):
            return value
        if isinstance(value, ListV):
            items = self.store.get(value.id, "items")
            return items if isinstance(items, TupleV) else TupleV((), False)
        if isinstance(value, DictV):
            mapping = self.mapping(value)
            if mapping is not None:
                return TupleV(tuple(_constant(key) for key, _ in mapping.items), mapping.complete)
        if isinstance(value, ConstV) and isinstance(value.value, str):
            return TupleV(tuple(ConstV(letter) for letter in value.value))
        return None

    def mapping(self, value: Value) -> DictItems | None:
        """See `Context.mapping`."""
        if isinstance(value, DictV):
            items = self.store.get(value.id, "items")
            return items if isinstance(items, DictItems) else DictItems((), False)
        return None

    def new_list(self, items: Sequence[Value], complete: bool = True) -> ListV:
        """See `Context.new_list`."""
        if not self.copied(len(items)):
            items, complete = (), False
        return ListV(self.store.make({"items": TupleV(tuple(items), complete)}))

    def new_dict(self, items: Sequence[tuple[Hashable, Value]], complete: bool = True) -> DictV:
        """A fresh dict."""
        return DictV(self.store.make({"items": DictItems(tuple(items), complete)}))

    def join(self, values: Sequence[Value]) -> Value:
        """See `Context.join`."""
        return joins.join(values, semantics.join_values)

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
        return graph.Unknown(_describe(value))

    def span(self, node: cst.CSTNode, end: cst.CSTNode | None = None) -> Span:
        """Where a node of the present parsed stands."""
        frame = self.frame
        return LazySpan(frame.parsed, node, end, frame.statement)

    def uncertain(self, undecided: bool = True) -> Uncertain:
        """What happens inside need not happen on every path."""
        return Uncertain(self.graph, undecided)

    # -- overridden by the interpreter ------------------------------------------------------------------------------

    def call(self, function: Value, args: CallArgs, span: Span) -> Value:
        """Call any value."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str, span: Span) -> Value:
        """Read an attribute of any value."""
        raise NotImplementedError

    def define_function(self, node: cst.FunctionDef | cst.Lambda) -> FunctionV:
        """Make a function of its definition."""
        raise NotImplementedError

    def assign(self, target: cst.BaseExpression, value: Value) -> None:
        """Assign to a target."""
        raise NotImplementedError

    def step(self) -> bool:
        """Count one step of work; False once the budget is spent."""
        raise NotImplementedError

    def too_complex(self, node: cst.Call) -> UnknownV:
        """What a call gives that comes after the budget is spent."""
        raise NotImplementedError

    def copied(self, number: int) -> bool:
        """Count the copying of items; False where it is too much."""
        raise NotImplementedError

    # -- expressions ------------------------------------------------------------------------------------------------

    def eval(self, node: cst.BaseExpression) -> Value:
        """The value of an expression."""
        return _HANDLERS[type(node)](self, node)

    def _not_evaluated(self, node: cst.BaseExpression) -> Value:
        return UnknownV(f"{type(node).__name__} is not evaluated")

    def _name(self, node: cst.Name) -> Value:
        name = node.value
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        frame = self.frame
        if not frame.outer_names:
            # As `lookup`, in place: every other expression is a name.
            for variables in frame.variables:
                value = variables.get(name)
                if value is not None:
                    return value.get() if isinstance(value, LazyValue) else value
        return self.lookup(name)

    def lookup(self, name: str) -> Value:
        """The value of a name in the present scopes, then among the star imports and the built-ins."""
        frame = self.frame
        if name in frame.outer_names:
            return self.store.get(frame.outer_names[name], name) or UnknownV(f"name '{name}' is not defined")
        for variables in frame.variables:
            value = variables.get(name)
            if value is not None:
                return value.get() if isinstance(value, LazyValue) else value
        return self._beyond(frame, name)

    def _beyond(self, frame: Frame, name: str) -> Value:
        """The value of a name that no scope holds."""
        for variables in frame.variables:
            stars = variables.get("*")
            for module in reversed(stars.items) if isinstance(stars, TupleV) else ():
                if isinstance(module, ExternalV):
                    symbol = names.resolve(f"{module.name}.{name}")
                    # Which functions a Keras module holds is not known: a built-in of that name is likelier.
                    known = symbol is not None and symbol.kind in ("layer", "model", "input")
                    if known or (symbol is not None and symbol.kind == "function" and not library.is_builtin(name)):
                        return ExternalV(f"{module.name}.{name}")
        if library.is_builtin(name):
            return ExternalV(f"builtins.{name}")
        return UnknownV(f"name '{name}' is not defined in the code that was read")

    def _constant(self, node: cst.BaseExpression) -> Value:
        constants = self.frame.parsed.constants
        known = constants.get(id(node))
        if known is None:
            known = constants[id(node)] = self._literal(node)
        return known

    def _literal(self, node: cst.BaseExpression) -> Value:
        if not isinstance(node, (cst.SimpleString, cst.Integer, cst.Float, cst.Imaginary)):
            return ConstV(...)
        text = node.value.lstrip()
        try:
            if isinstance(node, cst.Integer):
                number = int(text, 0)
                return UnknownV("a number that is too large") if number.bit_length() > _MOST_BITS else ConstV(number)
            if isinstance(node, cst.Float):
                return ConstV(float(text))
            if text[0] in "\"'" and "\\" not in text:
                quotes = 3 if text[:3] in ('"""', "'''") else 1
                return ConstV(text[quotes:-quotes])
            return ConstV(syntax.literal(text))
        except (ValueError, SyntaxError, MemoryError):
            return UnknownV(f"literal {node.value[:20]} is not understood")

    def _concatenated(self, node: cst.ConcatenatedString) -> Value:
        parts: list[cst.BaseExpression] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(rest.left)
            rest = rest.right
        parts.append(rest)
        text: Any = None
        for part in parts:
            value = self.eval(part)
            if not isinstance(value, ConstV) or not isinstance(value.value, (str, bytes)):
                return UnknownV("a text that is put together at run time")
            try:
                text = value.value if text is None else text + value.value
            except TypeError:
                return UnknownV("text and bytes are mixed")
        return ConstV(text)

    def _formatted(self, node: cst.FormattedString) -> Value:
        text = ""
        known = True
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text += part.value
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.eval(part.expression)
                if isinstance(value, ConstV) and part.format_spec is None and len(text) < _MOST_TEXT:
                    text += str(value.value)[:_MOST_TEXT]
                else:
                    known = False
        return ConstV(text) if known else UnknownV("a text that is put together at run time")

    def _sequence(self, elements: Sequence[cst.BaseElement]) -> tuple[list[Value], bool]:
        items: list[Value] = []
        complete = True
        for element in elements:
            value = self.eval(element.value)
            if type(element) is not cst.StarredElement:
                items.append(value)
                continue
            spread = self.spread(value)
            if spread is None or not complete:
                complete = False
                if spread is None:
                    items.append(self._rest(value))
            else:
                items.extend(spread.items)
                complete = spread.complete
        return items, complete

    def _rest(self, value: Value) -> Value:
        """The place of a splat that was not understood."""
        return value if isinstance(value, UnknownV) else UnknownV(f"*{_describe(value)} is not understood")

    def spread(self, value: Value) -> TupleV | None:
        """What `*value` gives; alternatives become a run, None is not understood."""
        if isinstance(value, ChoiceV):
            runs = [self.raw_items(option) for option in value.options]
            if any(run is None or not run.complete for run in runs):
                return None
            return TupleV((RunsV(tuple(run.items for run in runs if run is not None)),))
        return self.raw_items(value)

    def _tuple(self, node: cst.Tuple) -> Value:
        items, complete = self._sequence(node.elements)
        return TupleV(tuple(items), complete)

    def _list(self, node: cst.List) -> Value:
        items, complete = self._sequence(node.elements)
        return self.new_list(items, complete)

    def _set(self, node: cst.Set) -> Value:
        self._sequence(node.elements)
        return UnknownV("a set")

    def _dict(self, node: cst.Dict) -> Value:
        items: list[tuple[Hashable, Value]] = []
        complete = True
        for element in node.elements:
            value = self.eval(element.value)
            if type(element) is cst.DictElement:
                key = self.key(self.eval(element.key))
                if key is None:
                    complete = False
                else:
                    items.append((key.value, value))
            else:
                mapping = self.splat(value)
                if mapping is None or not mapping.complete:
                    complete = False
                    items = [(key, self.join([old, UnknownV("a splat may replace it")])) for key, old in items]
                if mapping is not None and mapping.complete:
                    items.extend(mapping.items)
                elif mapping is not None:
                    before = dict(items)
                    items.extend((k, self.join([before[k], one]) if k in before else one) for k, one in mapping.items)
        return self.new_dict(list(dict(items).items()), complete)

    def key(self, value: Value) -> ConstV | None:
        """A dict key as a constant (a tuple of constants counts), or None."""
        if isinstance(value, ConstV):
            return value
        if isinstance(value, TupleV) and value.complete and all(isinstance(item, ConstV) for item in value.items):
            return ConstV(tuple(item.value for item in value.items if isinstance(item, ConstV)))
        return None

    def _unary(self, node: cst.UnaryOperation) -> Value:
        value = self.eval(node.expression)
        if type(node.operator) is cst.Not:
            truth = self.truth(value)
            return UnknownV("a truth value that is not known") if truth is None else ConstV(not truth)
        name, function = _UNARY[type(node.operator)]
        if isinstance(value, TensorV):
            return semantics.operator(self, f"operator.{name}", [value], self.span(node))
        return self.fold(function, [value])

    def fold(self, function: Callable[..., Any], operands: Sequence[Value]) -> Value:
        """Apply a pure function to constants, over all alternatives; anything else is unknown."""
        if not any(isinstance(operand, ChoiceV) for operand in operands):
            return _fold(function, operands)
        alternatives = [operand.options if isinstance(operand, ChoiceV) else (operand,) for operand in operands]
        size = 1
        for options in alternatives:
            size *= len(options)
        if size > _MOST_PRODUCT:
            return UnknownV("too many alternatives")
        combinations: list[tuple[Value, ...]] = [()]
        for options in alternatives:
            combinations = [(*combination, option) for combination in combinations for option in options]
        return joins.choice([_fold(function, combination) for combination in combinations])

    def _binary(self, node: cst.BinaryOperation) -> Value:
        # A long chain a + b + c leans left: walk it instead of recursing.
        chain: list[cst.BinaryOperation] = []
        left: cst.BaseExpression = node
        while type(left) is cst.BinaryOperation:
            chain.append(left)
            left = left.left
        value = self.eval(left)
        for one in reversed(chain):
            right = one.right
            value = self.binary(type(one.operator), value, _HANDLERS[type(right)](self, right), one)
        return value

    def binary(self, kind: type[cst.CSTNode], left: Value, right: Value, node: cst.CSTNode) -> Value:
        """`left op right`."""
        name, function = _BINARY[kind]
        if type(left) is ConstV and type(right) is ConstV:
            return _fold(function, (left, right))
        if _is_tensor(left) or _is_tensor(right):
            return semantics.operator(self, f"operator.{name}", [left, right], self.span(node))
        if name == "add" and not isinstance(left, ConstV) and not isinstance(right, ConstV):
            a, b = self.raw_items(left), self.raw_items(right)
            if a is not None and b is not None:
                items, complete = (a.items + b.items, b.complete) if a.complete else (a.items, False)
                if isinstance(left, TupleV) and not self.copied(len(items)):
                    items, complete = (), False
                return self.new_list(items, complete) if isinstance(left, ListV) else TupleV(items, complete)
        if name == "mul" and isinstance(left, ConstV) is not isinstance(right, ConstV):
            repeated, times = (right, left) if isinstance(left, ConstV) else (left, right)
            repeated_items = self.raw_items(repeated)
            if repeated_items is not None and isinstance(times, ConstV):
                return self._repeat(repeated, repeated_items, times.value)
        if isinstance(left, (RangeV, ChoiceV, ConstV)) and isinstance(right, (RangeV, ChoiceV, ConstV)):
            return self.fold(function, [left, right])
        if name == "mod" and isinstance(left, ConstV) and isinstance(left.value, str):
            return UnknownV("a text that is put together at run time")
        return UnknownV("an expression whose operands are not known")

    def _repeat(self, value: Value, items: TupleV, times: object) -> Value:
        if not isinstance(times, int) or len(items.items) * times > 1000:
            return self.new_list(items.items, False) if isinstance(value, ListV) else TupleV(items.items, False)
        repeated = items.items * max(times, 0)
        return self.new_list(repeated, items.complete) if isinstance(value, ListV) else TupleV(repeated, items.complete)

    def augmented(self, kind: type[cst.CSTNode], left: Value, right: Value, node: cst.CSTNode) -> Value:
        """`left op= right`; a list is extended in place."""
        if kind is cst.AddAssign and isinstance(left, ListV):
            library.extend(self, left, right)
            return left
        return self.binary(_AUGMENTED[kind], left, right, node)

    def _boolean(self, node: cst.BooleanOperation) -> Value:
        left = self.eval(node.left)
        stops = type(node.operator) is cst.Or
        options = left.options if isinstance(left, ChoiceV) else (left,)
        kept = [option for option in options if self.truth(option) is not (not stops)]
        if len(kept) == len(options) and all(self.truth(option) is stops for option in options):
            return left
        with self.uncertain(bool(kept)):
            right = self.eval(node.right)
        return joins.choice([*kept, right], semantics.join_values)

    def _comparison(self, node: cst.Comparison) -> Value:
        left = self.eval(node.left)
        result: bool | None = True
        for target in node.comparisons:
            right = self.eval(target.comparator)
            one = self.compare(target.operator, left, right)
            if one is False:
                return ConstV(False)
            if one is None:
                result = None
            left = right
        return UnknownV("a comparison whose outcome is not known") if result is None else ConstV(True)

    def compare(self, op: cst.BaseCompOp, left: Value, right: Value) -> bool | None:
        """Outcome of one comparison, None where it is not known."""
        if isinstance(left, UnknownV) and not isinstance(right, ChoiceV):
            return None
        if isinstance(left, ChoiceV) or isinstance(right, ChoiceV):
            lefts = left.options if isinstance(left, ChoiceV) else (left,)
            rights = right.options if isinstance(right, ChoiceV) else (right,)
            if len(lefts) * len(rights) > _MOST_PRODUCT:
                return None
            outcomes = {self.compare(op, a, b) for a in lefts for b in rights}
            return outcomes.pop() if len(outcomes) == 1 else None
        kind = type(op)
        if kind in _SAME:
            same = self._identical(left, right)
            if same is not None:
                return same is _SAME[kind]
        if kind is cst.In or kind is cst.NotIn:
            contained = self._contains(left, right)
            return None if contained is None else contained is (kind is cst.In)
        function = _COMPARE.get(kind)
        if function is not None:
            a, b = self._plain(left), self._plain(right)
            if a is not None and b is not None:
                try:
                    return bool(function(a[0], b[0]))
                except TypeError:
                    return None
            if isinstance(left, RangeV) or isinstance(right, RangeV):
                return _compare_ranges(function, left, right)
        return None

    def _identical(self, left: Value, right: Value) -> bool | None:
        if isinstance(left, ConstV) and isinstance(right, ConstV):
            if left.value is None or right.value is None:
                return left.value is right.value
            return None
        for one, other in ((left, right), (right, left)):
            if isinstance(one, ConstV) and one.value is None:
                known = isinstance(other, (*_TRUE, TupleV, ListV, DictV, RangeV, ObjectV))
                return False if known or (isinstance(other, ExternalV) and names.resolve(other.name)) else None
        if isinstance(left, ExternalV) and isinstance(right, ExternalV):
            a, b = names.resolve(left.name), names.resolve(right.name)
            if a is not None and b is not None:
                return a.name == b.name
        if isinstance(left, ClassV) and isinstance(right, ClassV):
            return left is right
        return None

    def _contains(self, left: Value, right: Value) -> bool | None:
        key = self.key(left)
        if key is None:
            return None
        if isinstance(right, ConstV):
            try:
                return bool(key.value in right.value)  # type: ignore[operator]
            except TypeError:
                return None
        items = self.raw_items(right)
        if items is None:
            return None
        keys = [self.key(item) for item in items.items]
        if any(have is not None and have.value == key.value for have in keys):
            return True
        return False if items.complete and None not in keys else None

    def _plain(self, value: Value) -> tuple[object] | None:
        """A constant, or a tuple of constants, boxed."""
        key = self.key(value)
        if key is not None:
            return (key.value,)
        if isinstance(value, ListV):
            items = self.raw_items(value)
            if items is not None and (key := self.key(items)) is not None and isinstance(key.value, tuple):
                return (list(key.value),)
        return None

    def _conditional(self, node: cst.IfExp) -> Value:
        truth = self.truth(self.eval(node.test))
        if truth is not None:
            return self.eval(node.body if truth else node.orelse)
        results: list[Value] = []
        with self.uncertain():
            self.store.fork(
                [lambda: results.append(self.eval(node.body)), lambda: results.append(self.eval(node.orelse))],
                self.join,
            )
        return self.join(results)

    def _lambda(self, node: cst.Lambda) -> Value:
        return self.define_function(node)

    def _attribute(self, node: cst.Attribute) -> Value:
        base = node.value
        if type(base) is not cst.Attribute:
            return self._attribute_of(_HANDLERS[type(base)](self, base), node)
        # A long chain a.b.c leans left as well.
        chain = [node]
        while type(base) is cst.Attribute:
            chain.append(base)
            base = base.value
        value = self.eval(base)
        for one in reversed(chain):
            value = self._attribute_of(value, one)
        return value

    def _attribute_of(self, value: Value, node: cst.Attribute) -> Value:
        place = _NOWHERE if type(value) is ExternalV else self.span(node)
        return self.attribute(value, node.attr.value, place)

    def _call(self, node: cst.Call) -> Value:
        if not self.step():
            return self.too_complex(node)
        if type(node.func) is cst.Name and node.func.value == "super" and not node.args:
            return self._super()
        function = _HANDLERS[type(node.func)](self, node.func)
        kind = type(function)
        # Where the arguments of a user's function stand is of no interest: only their values go on.
        inner = function.method if isinstance(function, BoundV) else function
        args = self.arguments(node.args, type(inner) is not FunctionV)
        if kind is ExternalV and function == _SUPER:
            return self._super()
        result = self.call(function, args, self.span(node))
        if kind is UnknownV and isinstance(result, UnknownV) and result.node is None:
            return self._or_default(node, args, result)
        return result

    def _or_default(self, node: cst.Call, args: CallArgs, result: UnknownV) -> Value:
        """`config.get("rate", 0.2)` of a mapping that is not known: what the call itself says is one of the values."""
        named = type(node.func) is cst.Attribute and node.func.attr.value in ("get", "pop", "setdefault")
        return self.join([args.positional[1].value, result]) if named and len(args.positional) == 2 else result

    def _super(self) -> Value:
        frame = next((frame for frame in reversed(self.frames) if frame.receiver is not None), None)
        if frame is None or frame.function is None or frame.function.owner is None or frame.receiver is None:
            return UnknownV("super() outside of a method")
        return SuperV(frame.function.owner, frame.receiver)

    def arguments(self, nodes: Sequence[cst.Arg], places: bool = True) -> CallArgs:
        """The arguments of a call, splats spread; without `places` their spans are left out."""
        if not nodes:
            return _NOTHING
        frame = self.frame
        positional: list[ArgV] = []
        keywords: list[tuple[str, ArgV]] = []
        complete = True
        for arg in nodes:
            node, keyword, star = arg.value, arg.keyword, arg.star
            value = _HANDLERS[type(node)](self, node)
            span = LazySpan(frame.parsed, keyword or node, node, frame.statement) if places else _NOWHERE
            if keyword is not None:
                keywords.append((keyword.value, ArgV(value, span)))
            elif not star:
                positional.append(ArgV(value, span))
            elif star == "*":
                spread = self.spread(value)
                if spread is None or any(isinstance(item, RunsV) for item in spread.items):
                    complete = False
                else:
                    positional.extend(ArgV(item, span) for item in spread.items)
                    complete = complete and spread.complete
            else:
                mapping = self.splat(value)
                if mapping is None:
                    complete = False
                else:
                    keywords.extend((key, ArgV(item, span)) for key, item in mapping.items if isinstance(key, str))
                    complete = complete and mapping.complete
        return CallArgs(tuple(positional), tuple(keywords), complete)

    def splat(self, value: Value) -> DictItems | None:
        """What `**value` spreads: of several dicts what each may give, a key that not all give as possible only."""
        if not isinstance(value, ChoiceV):
            return self.mapping(value)
        found = [self.mapping(option) for option in value.options]
        known = [one for one in found if one is not None]
        if not known:
            return None
        absent = UnknownV("a splat may not give it")
        complete = len(known) == len(found) and all(one.complete for one in known)
        items: list[tuple[Hashable, Value]] = []
        for key in dict.fromkeys(key for one in known for key, _ in one.items):
            given = [one.get(key) if one is not None else None for one in found]
            items.append((key, self.join([one if one is not None else absent for one in given])))
            complete = complete and None not in given
        return DictItems(tuple(items), complete)

    def _subscript(self, node: cst.Subscript) -> Value:
        value = self.eval(node.value)
        if len(node.slice) == 1 and type(only := node.slice[0].slice) is cst.Index:
            return self.index(value, self.eval(only.value), node)
        keys: list[Value] = []
        for element in node.slice:
            part = element.slice
            if isinstance(part, cst.Index):
                keys.append(self.eval(part.value))
            elif isinstance(part, cst.Slice):
                bounds = [self.eval(bound) if bound else ConstV(None) for bound in (part.lower, part.upper, part.step)]
                plain = [bound.value if isinstance(bound, ConstV) else _ABSENT for bound in bounds]
                try:
                    keys.append(UnknownV("slice") if _ABSENT in plain else ConstV(slice(*plain)))
                except TypeError:
                    keys.append(UnknownV("slice"))
        key: Value = keys[0] if len(keys) == 1 else TupleV(tuple(keys))
        return self.index(value, key, node)

    def index(self, value: Value, key: Value, node: cst.CSTNode) -> Value:
        """`value[key]`."""
        if isinstance(value, ChoiceV):
            return self.join([self.index(option, key, node) for option in value.options])
        if _is_tensor(value):
            return semantics.operator(self, "operator.getitem", [value, key], self.span(node))
        if isinstance(value, UnknownV):
            if isinstance(key, UnknownV):
                return UnknownV(value.reason, value.span)
            plain = self.key(key)
            return value.part(f"[{plain.value!r}]") if plain is not None else UnknownV(value.reason, value.span)
        if isinstance(key, ChoiceV):
            return self.join([self.index(value, option, node) for option in key.options])
        mapping = self.mapping(value)
        if mapping is not None:
            return self._item(mapping, key)
        items = self.raw_items(value)
        if items is not None and isinstance(key, ConstV):
            if isinstance(key.value, slice):
                return self._slice(value, items, key.value)
            if isinstance(key.value, int):
                picked = _pick(items, int(key.value))
                if picked is None and items.complete and not any(_is_run(item) for item in items.items):
                    return UnknownV("an item that is not there")
                return picked if picked is not None else self.any_item(items)
        if items is not None:
            return self.any_item(items)
        if isinstance(value, (InstanceV, ModuleV, ClassV, ObjectV)):
            return library.get_item(self, value, key, self.span(node))
        return UnknownV(f"an item of {_describe(value)}")

    def any_item(self, items: TupleV) -> Value:
        """Some item of a list: any of those that are known, or one that is not."""
        listed = [one for item in items.items for one in (_flat(item) if isinstance(item, RunsV) else (item,))]
        found = list(dict.fromkeys(listed[:_MOST_TEXT]))
        if not items.complete or not found or len(found) > joins.MOST_OPTIONS:
            found = [*found[: joins.MOST_OPTIONS - 1], UnknownV("an item of a list that is only partly known")]
        return joins.choice(found, semantics.join_values)

    def _item(self, mapping: DictItems, key: Value) -> Value:
        plain = self.key(key)
        if plain is None:
            # An unknown key: any of the values, as long as they are few.
            found = [item for _, item in mapping.items]
            if mapping.complete and 0 < len(found) <= joins.MOST_OPTIONS:
                return self.join(found)
            return UnknownV("a dict item whose key is not known")
        item = mapping.get(plain.value)
        return item if item is not None else UnknownV(f"key {plain.value!r} is not in the dict")

    def _slice(self, value: Value, items: TupleV, part: slice) -> Value:
        if isinstance(value, ConstV):
            return self.fold(operator.getitem, [value, ConstV(part)])
        if not items.complete or any(_is_run(item) for item in items.items):
            return UnknownV("a slice of a list that is only partly known")
        try:
            picked = items.items[part]
        except (TypeError, ValueError):
            return UnknownV("a slice that is not understood")
        return self.new_list(picked) if isinstance(value, ListV) else TupleV(picked)

    def _comprehension(self, node: cst.ListComp | cst.GeneratorExp | cst.SetComp) -> Value:
        items: list[Value] = []
        complete = self._comp_for(node.for_in, lambda: items.append(self.eval(node.elt)))
        return self.new_list(items, complete)

    def _dict_comprehension(self, node: cst.DictComp) -> Value:
        items: list[tuple[Hashable, Value]] = []
        unknown_keys = False

        def add() -> None:
            nonlocal unknown_keys
            key = self.key(self.eval(node.key))
            value = self.eval(node.value)
            if key is None:
                unknown_keys = True
            else:
                items.append((key.value, value))

        complete = self._comp_for(node.for_in, add)
        return self.new_dict(list(dict(items).items()), complete and not unknown_keys)

    def _comp_for(self, part: cst.CompFor, add: Callable[[], None]) -> bool:
        """Run a comprehension; whether all of its items are known."""
        frame = self.frame
        scope = self.store.new()
        outer = frame.scopes, frame.variables
        frame.scopes = (scope, *frame.scopes)
        frame.variables = (self.store.cells(scope), *frame.variables)
        try:
            return self._comp_loop(part, add)
        finally:
            frame.scopes, frame.variables = outer
            if scope not in self.captured:
                self.store.drop(scope)

    def _comp_loop(self, part: cst.CompFor, add: Callable[[], None]) -> bool:
        known = self.iterate(self.eval(part.iter))
        complete = known is not None and known.complete and not any(isinstance(item, RunsV) for item in known.items)
        turns = known.items if known is not None and complete else (UnknownV("an item that is not known"),)
        if known is not None and not complete and known.items:
            turns = tuple(run for item in known.items for run in (item.runs[0] if isinstance(item, RunsV) else (item,)))
        with self.uncertain(not complete):
            for item in turns:
                self.assign(part.target, item)
                truths = [self.truth(self.eval(condition.test)) for condition in part.ifs]
                if False in truths:
                    continue
                if None in truths:
                    complete = False
                with self.uncertain(None in truths):
                    if part.inner_for_in is not None:
                        complete = self._comp_loop(part.inner_for_in, add) and complete
                    else:
                        add()
        return complete

    def iterate(self, value: Value) -> TupleV | None:
        """What a loop over `value` runs through, None where that is not known (or is too long to unroll)."""
        if isinstance(value, ChoiceV):
            return None
        items = self.raw_items(value)
        if items is None and isinstance(value, (ModelV, LayerV, ObjectV)):
            return None
        if items is not None and len(items.items) > library.MOST_TURNS:
            return None
        return items

    def _walrus(self, node: cst.NamedExpr) -> Value:
        value = self.eval(node.value)
        self.assign(node.target, value)
        return value

    def _await(self, node: cst.Await) -> Value:
        return self.eval(node.expression)

    def _yield(self, node: cst.Yield) -> Value:
        if isinstance(node.value, cst.From):
            self.eval(node.value.item)
        elif node.value is not None:
            self.eval(node.value)
        return UnknownV("what a generator is sent")


_ABSENT = object()
_NOWHERE = Span("", 1, 1, 1, 1)
_NOTHING = CallArgs()
_SUPER = ExternalV("builtins.super")

# A handler for each class of expressions: a plain dict that holds them all is the fastest to ask.
_HANDLERS: dict[type[cst.CSTNode], Callable[[Any, Any], Value]] = {
    **dict.fromkeys(classes(cst.BaseExpression), Evaluator._not_evaluated),  # type: ignore[type-abstract]
    cst.Name: Evaluator._name,
    cst.SimpleString: Evaluator._constant,
    cst.Integer: Evaluator._constant,
    cst.Float: Evaluator._constant,
    cst.Imaginary: Evaluator._constant,
    cst.Ellipsis: Evaluator._constant,
    cst.ConcatenatedString: Evaluator._concatenated,
    cst.FormattedString: Evaluator._formatted,
    cst.Tuple: Evaluator._tuple,
    cst.List: Evaluator._list,
    cst.Set: Evaluator._set,
    cst.Dict: Evaluator._dict,
    cst.UnaryOperation: Evaluator._unary,
    cst.BinaryOperation: Evaluator._binary,
    cst.BooleanOperation: Evaluator._boolean,
    cst.Comparison: Evaluator._comparison,
    cst.IfExp: Evaluator._conditional,
    cst.Lambda: Evaluator._lambda,
    cst.Attribute: Evaluator._attribute,
    cst.Call: Evaluator._call,
    cst.Subscript: Evaluator._subscript,
    cst.ListComp: Evaluator._comprehension,
    cst.SetComp: Evaluator._comprehension,
    cst.GeneratorExp: Evaluator._comprehension,
    cst.DictComp: Evaluator._dict_comprehension,
    cst.NamedExpr: Evaluator._walrus,
    cst.Await: Evaluator._await,
    cst.Yield: Evaluator._yield,
}


def _is_tensor(value: Value) -> bool:
    """Whether a value is a tensor, or came out of an opaque node."""
    return type(value) is TensorV or (isinstance(value, UnknownV) and value.node is not None)


def _flat(run: RunsV) -> list[Value]:
    """All items of a run's alternatives."""
    return [one for items in run.runs for item in items for one in (_flat(item) if isinstance(item, RunsV) else [item])]


def _is_run(item: Value) -> bool:
    return isinstance(item, RunsV) or (
        isinstance(item, ChoiceV) and any(isinstance(option, TupleV) for option in item.options)
    )


def _constant(key: Hashable) -> Value:
    return TupleV(tuple(ConstV(part) for part in key)) if isinstance(key, tuple) else ConstV(key)


def _pick(items: TupleV, at: int) -> Value | None:
    """An item by its index; None where something of unknown length stands before it."""
    listed = items.items
    if at >= 0:
        if at < len(listed) and not any(_is_run(item) for item in listed[: at + 1]):
            return listed[at]
    elif items.complete and -at <= len(listed) and not any(_is_run(item) for item in listed[at:]):
        return listed[at]
    return None


def _fold(function: Callable[..., Any], operands: Sequence[Value]) -> Value:
    plain: list[Any] = []
    for operand in operands:
        if not isinstance(operand, ConstV):
            if isinstance(operand, RangeV):
                return _fold_range(function, operands)
            return operand if isinstance(operand, UnknownV) else UnknownV("an expression that is not evaluated")
        value = operand.value
        if isinstance(value, (int, float)) and abs(value) > _MOST_NUMBER:
            return UnknownV("a number that is too large")
        if isinstance(value, (str, bytes)) and len(value) > _MOST_TEXT:
            return UnknownV("a text that is too long")
        plain.append(value)
    if function is operator.pow and isinstance(plain[1], (int, float)) and abs(plain[1]) > 64:
        return UnknownV("a number that is too large")
    if function is operator.lshift and isinstance(plain[1], int) and plain[1] > 64:
        return UnknownV("a number that is too large")
    if function is operator.mul and _is_long(plain):
        return UnknownV("a text that is too long")
    if function is operator.mod and isinstance(plain[0], (str, bytes)):
        return UnknownV("a text that is put together at run time")
    try:
        return ConstV(function(*plain))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return UnknownV("an expression that raises an error")


def _is_long(factors: Sequence[object]) -> bool:
    """Whether a text is repeated very often."""
    is_text = any(isinstance(value, (str, bytes)) for value in factors)
    return is_text and any(isinstance(value, int) and value > 1000 for value in factors)


def _fold_range(function: Callable[..., Any], operands: Sequence[Value]) -> Value:
    """Arithmetic of a range with a constant, where it is monotone."""
    if len(operands) == 2 and function in (operator.add, operator.sub, operator.mul, operator.truediv):
        left, right = operands
        ranged, other = (left, right) if isinstance(left, RangeV) else (right, left)
        if (
            isinstance(ranged, RangeV)
            and isinstance(other, ConstV)
            and isinstance(other.value, (int, float))
            and ranged.low is not None
            and ranged.high is not None
        ):
            try:
                ends = [
                    function(end, other.value) if ranged is left else function(other.value, end)
                    for end in (ranged.low, ranged.high)
                ]
            except (ArithmeticError, TypeError):
                return UnknownV("an expression that raises an error")
            return RangeV(min(ends), max(ends))
    return UnknownV("arithmetic on a range")


def _compare_ranges(function: Callable[[Any, Any], Any], left: Value, right: Value) -> bool | None:
    def ends(value: Value) -> list[float] | None:
        if isinstance(value, RangeV) and value.low is not None and value.high is not None:
            return [value.low, value.high]
        if isinstance(value, ConstV) and isinstance(value.value, (int, float)):
            return [value.value]
        return None

    a, b = ends(left), ends(right)
    if a is None or b is None or function in (operator.eq, operator.ne):
        return None
    outcomes = {bool(function(x, y)) for x in a for y in b}
    return outcomes.pop() if len(outcomes) == 1 else None


def _describe(value: Value) -> str:
    """A few words for what a value is, for notes."""
    if isinstance(value, UnknownV):
        return value.reason
    if isinstance(value, ExternalV):
        return f"{value.name}"
    if isinstance(value, (FunctionV, ClassV, ModuleV)):
        return value.name
    if isinstance(value, InstanceV):
        return f"an object of class {value.cls.name}"
    if isinstance(value, ChoiceV):
        return "one of several values"
    return {
        "LayerV": "a layer",
        "ModelV": "a model",
        "TensorV": "a tensor",
        "DictV": "a dict",
        "ListV": "a list",
        "TupleV": "a tuple",
        "BoundV": "a method",
    }.get(type(value).__name__, "a value")


describe = _describe
