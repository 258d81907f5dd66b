"""What is remembered of layers and models while a file is interpreted, and how states of a Sequential are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from rnnlint import graph
from rnnlint.graph import Layer, Ref, Shape, Span
from rnnlint.interpret.base import Value, identity
from rnnlint.interpret.join import join_tensors
from rnnlint.interpret.store import Slot
from rnnlint.interpret.values import LayerV, ModelV, TensorV, UnknownV
from rnnlint.records import dataclass

LINKS = Slot("links")  # key of the cell that holds a Sequential's last link


@identity
class Links(Value):
    """The layers of a Sequential up to one of them: `layer` after `previous`.

    Without `layer`: the empty model (no `previous`), or the meeting of several branches.
    """

    layer: Value | None = None
    previous: tuple[Links, ...] = ()
    span: Span | None = None
    certain: bool = True


@dataclass
class Written:
    """What the chain of a Sequential became in the graph: the tensor after each link, and its nodes."""

    start: TensorV | None
    declared: Shape = None
    after: dict[Links, TensorV | None] = field(default_factory=dict)
    partly: set[Links] = field(default_factory=set)  # where one branch has added no layer yet
    nodes: dict[Links, range] = field(default_factory=dict)


@dataclass
class Sequential:
    """What is remembered of a Sequential. `tips` are the ends of its chain on all paths."""

    model: ModelV
    name: str
    tips: dict[Links, None]
    own: Written
    calls: dict[Links, Written] = field(default_factory=dict)
    finished: bool = False


@dataclass
class Functional:
    """`Model(inputs, outputs)`. `single`: `outputs` was a tensor, not a list. `nodes`: what lies between, in order."""

    model: ModelV
    name: str
    inputs: tuple[TensorV, ...]
    outputs: tuple[TensorV, ...]
    single: bool
    nodes: tuple[int, ...]


@dataclass
class Memory:
    """What is known of layers and models, by id. It is not undone with a branch.

    `opaque` and `wrapped` are keyed by the identity of a value, which they keep alive. `calls`: the nodes of a layer.
    `running`: the Lambda layers and models that are being run.
    """

    sequentials: dict[int, Sequential] = field(default_factory=dict)
    functionals: dict[int, Functional] = field(default_factory=dict)
    layers: dict[int, LayerV] = field(default_factory=dict)
    calls: dict[int, list[int]] = field(default_factory=dict)
    opaque: dict[int, tuple[Value, TensorV]] = field(default_factory=dict)
    wrapped: dict[int, tuple[Value, Layer]] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    data_format: graph.Value | None = None  # what set_image_data_format was given


def join_values(a: Value, b: Value) -> Value | None:
    """Return the join of two tensors, also opaque ones, or of two states of a Sequential; None: a plain ChoiceV."""
    if isinstance(a, Links) and isinstance(b, Links):
        return join_links((a, b))
    if isinstance(a, (TensorV, UnknownV)) and isinstance(b, (TensorV, UnknownV)):
        left, right = _opaque(a), _opaque(b)
        # Two opaque results stay unknown values: they may be anything, a list of states for instance.
        if left is not None and right is not None and (isinstance(a, TensorV) or isinstance(b, TensorV)):
            return join_tensors(left, right)
    return None


def _opaque(value: TensorV | UnknownV) -> TensorV | None:
    if isinstance(value, TensorV):
        return value
    return None if value.node is None else TensorV((Ref(value.node),), None)


def join_links(all_links: Sequence[Links]) -> Links:
    """Return the link where branches meet that left the chain at these links."""
    previous = dict.fromkeys(
        one for links in all_links for one in (links.previous if links.layer is None and links.previous else (links,))
    )
    return all_links[0] if len(previous) == 1 else Links(None, tuple(previous))
