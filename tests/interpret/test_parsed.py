"""Parsing leaves libcst as it was."""

from __future__ import annotations

import libcst as cst
import pytest

from rnnlint.interpret.parsed import ParseError, parse


@pytest.mark.parametrize("text", ["x = 1\n", "x = (\n"])
def test_nodes_are_asked_as_ever_once_a_text_is_parsed(text: str) -> None:
    if text.endswith("(\n"):
        with pytest.raises(ParseError):
            parse(text)
    else:
        parse(text).validate_types_deep()
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")


def test_what_is_parsed_is_what_libcst_makes_of_it() -> None:
    text = "@d\nclass A(B):  # why\n\tdef f(self, *, a: int = 1): return [x async for x in a if not x]\n"
    assert parse(text).deep_equals(cst.parse_module(text))
