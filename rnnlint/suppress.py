"""Suppression comments: flake8's `# noqa: RNN101`, and `# rnnlint: ignore[RNN101]`, `file-ignore[...]` and `noqa`.

A comment may stand on any physical line of the statement that holds the finding, or of a statement that a related span
of the finding lies in. `ignore` may also stand on a line of its own above the statement. Of a directive that is not
understood in full, only the rules that it names hold: a typing error must not silence a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rnnlint.settings import known_rules, matching, unknown_rule

if TYPE_CHECKING:
    from rnnlint.findings import Finding, Rule
    from rnnlint.graph import Span
    from rnnlint.source import Source

# Strings are matched only to be passed over: a `#` inside them starts no comment. A backslash takes the next character
# along in raw strings too. Independent of the running Python's own grammar, and of cells that do not parse.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\r\n]*)"""
    r"""|\"{3}(?:[^\\"]|\\.|"(?!""))*(?:\"{3}|\Z)|'{3}(?:[^\\']|\\.|'(?!''))*(?:'{3}|\Z)"""
    r"""|"(?:[^\\"\r\n]|\\(?:\r\n|.))*"?|'(?:[^\\'\r\n]|\\(?:\r\n|.))*'?""",
    re.DOTALL,
)
_NOQA = re.compile(r"#\s*noqa(?P<colon>\s*:)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN = re.compile(r"#\s*rnnlint\s*:\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN_FORM = re.compile(r"(?P<word>file-ignore|ignore|noqa)(?![\w-])\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"[A-Za-z]+[0-9]+")  # of whatever tool
_WORD = re.compile(r"[\s,]*([A-Za-z][A-Za-z0-9-]*)")

Scope = Literal["line", "statement", "file"]


@dataclass(frozen=True, slots=True)
class Directive:
    """One suppression comment.

    `codes` are the rules it names, None for all. `scope` is "line" for a comment that belongs to its own physical line,
    "statement" for one on a line of its own above a statement, "file" for the whole file or notebook. `rows` are the
    lines it speaks about (in cell `span.cell`): its own, and for "statement" the next line of code. A directive with a
    `problem` suppresses no more than the rules that it names beside it.
    """

    span: Span
    text: str
    codes: frozenset[str] | None
    scope: Scope
    rows: tuple[int, ...]
    problem: str = ""

    def names(self, code: str) -> bool:
        """Whether the directive suppresses this rule."""
        return code in self.codes if self.codes is not None else not self.problem


def directives(source: Source) -> tuple[Directive, ...]:
    """All suppression comments of a file, also those that are not understood (`problem`)."""
    if not re.search(r"noqa|rnnlint", source.text, re.IGNORECASE):
        return ()
    return tuple(_directives(source))


def apply(findings: Iterable[Finding], source: Source) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split findings into those that are kept and those that a comment of the file suppresses."""
    everything = tuple(findings)
    suppressed = {finding for held in uses(everything, directives(source)).values() for finding in held}
    return (
        tuple(finding for finding in everything if finding not in suppressed),
        tuple(finding for finding in everything if finding in suppressed),
    )


def uses(findings: Sequence[Finding], written: Iterable[Directive]) -> Mapping[Directive, tuple[Finding, ...]]:
    """What each directive suppresses: of several findings in its statement, those nearest to its line."""
    return {directive: tuple(_held(directive, findings)) for directive in written}


def _held(directive: Directive, findings: Sequence[Finding]) -> list[Finding]:
    named = [finding for finding in findings if directive.names(finding.code)]
    if directive.scope == "file":
        return [finding for finding in named if finding.span.path == directive.span.path]
    for distance in _DISTANCES[directive.scope == "line" :]:
        near = [
            finding
            for finding in named
            if any(_touches(span, directive, distance) for span in _spans(finding, distance))
        ]
        if near:
            return near
    return []


# In a list of twenty layers a comment on the line of one of them means that one; after the closing bracket it means
# all. Hence nearest first; the first entry is only for a comment above a whole statement.
_Distance = Literal["start", "primary", "related", "statement", "related statement"]
_DISTANCES: tuple[_Distance, ...] = ("start", "primary", "related", "statement", "related statement")


def _spans(finding: Finding, distance: _Distance) -> list[Span]:
    return [related.span for related in finding.related] if distance.startswith("related") else [finding.span]


def _touches(span: Span, directive: Directive, distance: _Distance) -> bool:
    if (span.path, span.cell) != (directive.span.path, directive.span.cell):
        return False
    first, last = span.row, span.end_row
    if distance not in ("primary", "related") and span.statement != (0, 0):
        first, last = span.statement
    if distance == "start":
        return first == directive.rows[-1]
    return any(first <= row <= last for row in directive.rows)


# ---------------------------------------------------------------------------------------------------------------------
# The comments


def comments(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """Row and column (from 1), text, and whether the comment has its line for itself."""
    row, start = 1, 0
    for match in _TOKEN.finditer(text):
        if match["comment"] is None:
            continue
        row += text.count("\n", start, match.start())
        start = match.start()
        line = text.rfind("\n", 0, start) + 1
        yield row, start - line + 1, match[0], not text[line:start].strip()


def _directives(source: Source) -> Iterator[Directive]:
    rules = known_rules()
    lines = source.text.split("\n")
    for row, column, comment, alone in comments(source.text):
        offset = 0
        for part in re.split(r"(?=#)", comment):
            found = _parse(part, rules, alone)
            if found:
                codes, scope, problem = found
                text = part.strip()
                span = source.span(row, column + offset, row, column + offset + len(text))
                below = (_next_code_row(source, lines, row, span),) if scope == "statement" else ()
                yield Directive(span, text, codes, scope, (span.row, *below), problem)
            offset += len(part)


def _next_code_row(source: Source, lines: Sequence[str], row: int, own: Span) -> int:
    """The next line that is neither blank nor comment, as its row in the cell of the comment."""
    for below, line in enumerate(lines[row:], start=row + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            span = source.span(below, 1, below, 1)
            return span.row if span.cell == own.cell else own.row
    return own.row


def _parse(comment: str, rules: Sequence[Rule], alone: bool) -> tuple[frozenset[str] | None, Scope, str] | None:
    """Codes, scope and problem of a comment, or None for a comment that is no directive."""
    if match := _NOQA.match(comment):
        return _parse_noqa(match, rules)
    match = _OWN.match(comment)
    form = match and _OWN_FORM.match(match["rest"])
    if not match:
        return None
    if not form:
        return frozenset(), "line", "write `rnnlint: ignore[RNN101]`, `rnnlint: file-ignore[RNN101]` or `rnnlint: noqa`"
    word, rest = form["word"].lower(), form["rest"]
    if word != "ignore" and not alone:
        hint = "`# noqa`" if word == "noqa" else "`# rnnlint: ignore[...]`"
        return (
            frozenset(),
            "file",
            f"`{word}` is for the whole file and needs a line of its own; for this line use {hint}",
        )
    if word == "noqa":
        codes, problem = _noqa_codes(rest[1:], rules) if rest.startswith(":") else (None, "")
        if rest and not rest.startswith(":") and _names_rule(rest, rules):
            problem = "codes follow a colon: `# rnnlint: noqa: RNN101`"
        return codes, "file", problem
    listed = re.match(r"\[([^\]]*)\]", rest)
    scope: Scope = "file" if word == "file-ignore" else "statement" if alone else "line"
    if not listed:
        return frozenset(), scope, f"`{word}` needs the rules in brackets: `# rnnlint: {word}[RNN101]`"
    selectors = [one.strip() for one in listed[1].split(",") if one.strip()]
    unknown = [one for one in selectors if not matching(_upper(one), rules)]
    problem = unknown_rule(unknown[0], rules) if unknown else "" if selectors else "names no rule"
    return frozenset().union(*(matching(_upper(one), rules) for one in selectors)), scope, problem


def _parse_noqa(match: re.Match[str], rules: Sequence[Rule]) -> tuple[frozenset[str] | None, Scope, str] | None:
    rest = match["rest"]
    if match["colon"]:
        codes, problem = _noqa_codes(rest, rules)
        return codes, "line", problem
    if rest and not rest[0].isspace():
        # No directive ("noqas"), or one that is written wrongly ("noqa-RNN101").
        return (frozenset(), "line", "codes follow a colon: `# noqa: RNN101`") if _names_rule(rest, rules) else None
    if _names_rule(rest, rules):  # a forgotten colon: that rule is meant, not all
        codes, problem = _noqa_codes(rest, rules)
        return codes, "line", problem
    return None, "line", ""


def _noqa_codes(text: str, rules: Sequence[Rule]) -> tuple[frozenset[str], str]:
    """Our rules in flake8's list: codes, prefixes and names up to the first word that is none.

    Codes of other tools are none of our business; ours that are unknown are a problem.
    """
    codes: frozenset[str] = frozenset()
    problem, position, any_code = "", 0, False
    while True:
        match = _WORD.match(text, position)
        if not match:
            break
        word = _upper(match[1])
        found = matching(word, rules) if word != "ALL" else frozenset()
        if not found and not _CODE.fullmatch(word):
            break
        if not found and re.fullmatch(r"RNN[0-9]+", word):
            problem = problem or unknown_rule(word, rules)
        codes |= found
        any_code = True
        position = match.end()
    return codes, problem if any_code else "names no rule after the colon"


def _names_rule(text: str, rules: Sequence[Rule]) -> bool:
    first = re.match(r"[\W_]*([A-Za-z0-9-]+)", text)
    return first is not None and bool(
        matching(_upper(first[1]), rules) or re.match(r"RNN[0-9]", first[1], re.IGNORECASE)
    )


def _upper(selector: str) -> str:
    """Codes in capitals, names in small letters."""
    return selector.upper() if re.fullmatch(r"RNN[0-9]*|ALL", selector, re.IGNORECASE) else selector.lower()
