"""What every abstract value is made with: the base class, and the decorators of its subclasses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rnnlint.records import dataclass

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: bool) -> Callable[[T], T]:
        """Tells a type checker which decorators make dataclasses; in `typing` only since Python 3.11."""
        return lambda function: function


class Value:
    """An abstract value: what an expression may evaluate to."""

    __slots__ = ()


@dataclass_transform(frozen_default=True)
def immutable(cls: type[T]) -> type[T]:
    """Make a dataclass with slots, equality and a hash that no code changes.

    Only the type checker enforces that: creating an object of a frozen dataclass takes three times as long.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass_transform(frozen_default=True, eq_default=False)
def identity(cls: type[T]) -> type[T]:
    """Make a dataclass like `immutable`, but compare its objects by identity."""
    return dataclass(slots=True, eq=False)(cls)


def classes(base: type[T]) -> list[type[T]]:
    """Return a class and all classes that derive from it."""
    return [base, *(inner for cls in base.__subclasses__() for inner in classes(cls))]
