"""Spans of syntax nodes that are worked out when they are first read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnnlint.graph import Span

if TYPE_CHECKING:
    import libcst as cst

    from rnnlint.interpret.parsed import ParsedModule, Statement


# Read and write the first slot of a span directly, past `LazySpan.__getattribute__`.
_get: Any = Span.__dict__["path"].__get__
_put: Any = Span.__dict__["path"].__set__


class LazySpan(Span):
    """The span of `node`, or of everything from `node` to `end`; both are part of `statement` in a parsed module.

    Most spans are never read, and working all of them out takes a fifth of an analysis. So the first slot holds the
    nodes until an attribute is read or `resolve` is called; then the object becomes an ordinary `Span` and lets go of
    the syntax tree. This relies on `Span` having slots and on this class adding none, so that `__class__` can be
    assigned.
    """

    __slots__ = ()

    def __init__(
        self,
        parsed: ParsedModule,
        node: cst.CSTNode,
        end: cst.CSTNode | None = None,
        statement: Statement | None = None,
    ) -> None:
        _put(self, (parsed, node, end, statement))

    def __getattribute__(self, name: str) -> Any:
        # `resolve` comes here as well: that of an ordinary span returns the span itself.
        parsed, node, end, statement = _get(self)
        span = parsed.span(node, end, statement)
        for slot in Span.__slots__:
            object.__setattr__(self, slot, getattr(span, slot))
        object.__setattr__(self, "__class__", Span)
        return getattr(self, name)


# For what stands nowhere, or where nobody asks where it stands.
NOWHERE = Span("", 1, 1, 1, 1)
