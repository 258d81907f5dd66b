"""Fingerprints: what changes them, and what must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnlint.findings import Finding
from rnnlint.graph import Span
from rnnlint.suppression.fingerprint import MAX_TEXT, call_text, fingerprints


def span(text: str, part: str, nth: int = 0) -> Span:
    """The span of a part of a text that is one statement."""
    at = -1
    for _ in range(nth + 1):
        at = text.index(part, at + 1)

    def place(offset: int) -> tuple[int, int]:
        return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)

    return Span("a.py", *place(at), *place(at + len(part)), None, (1, text.count("\n") + 1))


def called(text: str, part: str, nth: int = 0) -> str:
    lines = text.split("\n")
    return call_text(span(text, part, nth), lambda path, row, cell: lines[row - 1])


@pytest.mark.parametrize(
    "text",
    [
        "x = layers.Dropout(0.5, noise_shape=(None, 1, 'a'))(x)",
        'x = layers.Dropout( .5 ,noise_shape = (None,1,"a") )(x)',
        "x = layers.Dropout(\n    0.50,  # half\n    noise_shape=(None, 1, 'a',),\n)(x)",
        "x = layers.Dropout(\\\n  5e-1, noise_shape=(None, 1, '''a'''))(x)",
        "x = layers . Dropout(0.5, noise_shape=(None, 0x1, u'a'))(x)",
    ],
)
@pytest.mark.parametrize("part", ["whole", "argument"])
def test_spelling_does_not_count(text: str, part: str) -> None:
    if part == "whole":
        part = text[text.index("layers") : text.rindex("(x)")]
    else:
        part = text[text.index("noise") : text.rindex(")(x)")].rstrip(",\n ")
    assert called(text, part) == "layers.Dropout(0.5, noise_shape=(None, 1, 'a'))"


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("return L.Bidirectional(L.LSTM(64, dropout=20))", "dropout=20", "L.LSTM(64, dropout=20)"),
        ("return L.Bidirectional(L.LSTM(64, dropout=20))", "L.Bidirectional(L.LSTM(64, dropout=20))", None),
        ('a[0].make(1)(2, b=f"x{1}")', 'b=f"x{1}"', "a[0].make(1)(2, b=f'x{1}')"),
        ("return (drop)", "drop", "drop"),
        ("x = (rate)", "rate", "rate"),
        ("for layer in [Dropout(.5)]:", "Dropout(.5)", "Dropout(0.5)"),
        ("f = lambda x: not x if y else Dropout(1_0)(x)", "1_0", "Dropout(10)"),
        ("f(a)(b, c=[1, (2)])", "c=[1, (2)]", "f(a)(b, c=[1, (2)])"),
        ("x = 1  # noqa: RNN101", "# noqa: RNN101", "# noqa: RNN101"),
        ("x = open(", "open(", "open("),
        ("x = f('a' # b", "'a'", "'a'"),
    ],
)
def test_the_call_around(text: str, part: str, expected: str | None) -> None:
    assert called(text, part) == (expected or part)


def test_other_code_counts() -> None:
    texts = [
        "Dropout(0.5)",
        "Dropout(0.4)",
        "layers.Dropout(0.5)",
        "Dropout(rate)",
        "Dropout('0.5')",
        "Dropout(0.5, 1)",
    ]
    assert len({called(text, text) for text in texts}) == len(texts)


def test_long_calls_are_cut_and_stay_apart() -> None:
    one, other = (f"Sequential([{'Dense(8), ' * 100}Dropout({rate})])" for rate in (0.5, 0.4))
    assert called(one, one) != called(other, other)
    assert len(called(one, one)) < MAX_TEXT + 20


LINES = ["x = Dropout(.5)(x)", "x = Dropout(0.5)(x)", "x = Dropout(.4)(x)"]


def found(*rows: int, path: str = "a.py", code: str = "RNN101") -> list[Finding]:
    return [Finding(code, "x", "m", Span(path, row, 5, row, len(LINES[row - 1]) - 2)) for row in rows]


def digests(findings: list[Finding], base: str = ".") -> list[str]:
    marks = fingerprints(findings, lambda path, row, cell: LINES[row - 1], base)
    return [marks[one.code, one.span].digest for one in findings]


def test_equal_calls_are_numbered() -> None:
    first, second, third = digests(found(1, 2, 3))
    assert len({first, second, third}) == 3
    assert digests(found(2)) == [first]
    assert digests(found(2, 1)) == [second, first]


def test_file_and_rule_count_and_nothing_else() -> None:
    assert digests(found(1, path="b.py")) != digests(found(1))
    assert digests(found(1, code="RNN102")) != digests(found(1))
    changed = [replace(found(1)[0], message="other", confidence="possible")]
    assert digests(changed) == digests(found(1))


def test_paths_are_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    expected = digests(found(1, path="sub/e\u0301.py"))
    assert digests(found(1, path=str(tmp_path / "sub" / "\u00e9.py")), str(tmp_path)) == expected
    monkeypatch.chdir(tmp_path / "sub")
    assert digests(found(1, path="./e\u0301.py"), str(tmp_path)) == expected


def test_a_digest_stays_over_releases() -> None:
    """It is written into the databases of GitHub and GitLab: a change there opens every finding anew."""
    assert digests(found(1)) == ["e3c5a8c8aeab3bdd96d79457350beda9"]
