"""Suppression comments: flake8's `# noqa: RNN101`, and `# rnnlint: ignore[RNN101]`, `file-ignore[...]` and `noqa`.

A comment may stand on any physical line of the statement that holds the finding, or of a statement that a related span
of the finding lies in. `ignore` may also stand on a line of its own above the statement. Of a directive that is not
understood in full, only the rules that it names hold: a typing error must not silence a file.

The comments themselves are judged here as well, by RNN900 and RNN901, and new ones are written (`--add-noqa`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlint.findings import Edit, Finding, Fix
from rnnlint.graph import Span
from rnnlint.records import dataclass
from rnnlint.registry import ABOUT_COMMENTS, RULES, Rule, rule
from rnnlint.settings.choices import ALL
from rnnlint.settings.selectors import matching, unknown_rule
from rnnlint.suppression.comments import may_suppress

if TYPE_CHECKING:
    from rnnlint.source.source import Source
    from rnnlint.source.text import Text

_NOQA = re.compile(r"#\s*noqa(?P<colon>\s*:)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN = re.compile(r"#\s*rnnlint\s*:\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OWN_FORM = re.compile(r"(?P<word>file-ignore|ignore|noqa)(?![\w-])\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(r"[A-Za-z]+[0-9]+")  # of whatever tool
_WORD = re.compile(r"[\s,]*([A-Za-z][A-Za-z0-9-]*)")

_UNUSED = rule("RNN900")
_MALFORMED = rule("RNN901")

Scope = Literal["line", "statement", "file"]


class Selector(NamedTuple):
    """A word in the list of a directive; `start` and `end` count in its text. No codes: one of another tool."""

    text: str
    start: int
    end: int
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Directive:
    """One suppression comment.

    `codes` are the rules it names, None for all. `scope` is "line" for a comment that belongs to its own physical line,
    "statement" for one on a line of its own above a statement, "file" for the whole file or notebook. `rows` are the
    lines it speaks about (in cell `span.cell`): its own, and for "statement" the next line of code. A directive with a
    `problem` suppresses only the rules that it also names correctly. `alone` is a comment with a line for itself.
    """

    span: Span
    text: str
    codes: frozenset[str] | None
    scope: Scope
    rows: tuple[int, ...]
    problem: str = ""
    selectors: tuple[Selector, ...] = ()
    alone: bool = False

    def names(self, finding: Finding) -> bool:
        """Whether the directive is about the rule of a finding; about one on itself only if it says so."""
        if finding.code in ABOUT_COMMENTS and finding.span == self.span:
            return any(one.codes and one.codes <= ABOUT_COMMENTS for one in self.selectors)
        return finding.code in self.codes if self.codes is not None else not self.problem


def directives(text: Text) -> tuple[Directive, ...]:
    """All suppression comments of a file, also those that are not understood (`problem`)."""
    return tuple(_directives(text)) if may_suppress(text.text) else ()


def apply(findings: Iterable[Finding], text: Text) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split findings into those that are kept and those that a comment of the file suppresses."""
    everything = tuple(findings)
    suppressed = {finding for held in uses(everything, directives(text)).values() for finding in held}
    return (
        tuple(finding for finding in everything if finding not in suppressed),
        tuple(finding for finding in everything if finding in suppressed),
    )


def uses(findings: Sequence[Finding], written: Iterable[Directive]) -> Mapping[Directive, tuple[Finding, ...]]:
    """What each directive suppresses: of several findings in its statement, those nearest to its line."""
    return {directive: tuple(_held(directive, findings)) for directive in written}


def _held(directive: Directive, findings: Sequence[Finding]) -> list[Finding]:
    named = [finding for finding in findings if directive.names(finding)]
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
# The rules about comments


def judge(findings: Sequence[Finding], text: Text, selected: frozenset[str], *, read: bool) -> Iterator[Finding]:
    """What is wrong with the suppression comments of a file.

    `findings` are those of the `selected` rules before suppression. Where the file could not be `read` in full, or a
    rule did not run, a comment may be there for what was not seen.
    """
    if not ABOUT_COMMENTS & selected:
        return
    written = directives(text)
    held = uses(findings, written) if read and _UNUSED.code in selected else {}
    for directive in written:
        if directive.problem and _MALFORMED.code in selected and "rnn" in directive.text.lower():
            yield _malformed(directive)
        if directive in held:
            yield from _unused(directive, {finding.code for finding in held[directive]}, text.source, selected)


def _malformed(directive: Directive) -> Finding:
    effect = "" if directive.codes else " suppresses nothing"
    message = f"`{directive.text}`{effect}: {directive.problem}"
    return Finding.of(_MALFORMED, message=message, span=directive.span, label="not understood")


def _unused(directive: Directive, used: set[str], source: Source, selected: frozenset[str]) -> Iterator[Finding]:
    """The finding about a directive that suppresses nothing in part or in whole."""

    def idle(codes: frozenset[str]) -> bool:
        judged = codes - ABOUT_COMMENTS
        return bool(judged) and judged <= selected and not judged & used

    if directive.problem:
        return
    if directive.codes is None:
        # A plain `noqa` may be meant for other tools, our own for the whole file is not.
        everything = frozenset(one.code for one in RULES)
        if directive.scope == "file" and idle(everything):
            yield _unused_finding(directive, "no rule is reported here", _removal(directive, source))
        return
    gone = [one for one in directive.selectors if idle(one.codes)]
    kept = [one for one in directive.selectors if one not in gone]
    if not gone:
        return
    names = ", ".join(one.text for one in gone)
    verb = "is" if len(gone) == 1 else "are"
    fix = _shortening(directive, kept, names) if kept else _removal(directive, source)
    yield _unused_finding(directive, f"{names} {verb} not reported here", fix)


def _unused_finding(directive: Directive, reason: str, fix: Fix) -> Finding:
    message = f"unused suppression: {reason}"
    return Finding.of(_UNUSED, message=message, span=directive.span, label="suppresses nothing", fix=fix)


def _shortening(directive: Directive, kept: Sequence[Selector], names: str) -> Fix:
    first, last = directive.selectors[0].start, directive.selectors[-1].end
    comma = ", " if "," in directive.text[first:last] else " "
    span = _part(directive.span, first, last)
    edit = Edit(span, comma.join(one.text for one in kept))
    return Fix(f"Remove {names} from the comment", "safe", (edit,))


def _part(span: Span, start: int, end: int) -> Span:
    column = span.column
    return Span(span.path, span.row, column + start, span.row, column + end, span.cell, span.statement)


def _removal(directive: Directive, source: Source) -> Fix:
    """Take the comment away: with its line where it has one for itself, else with the space before it."""
    span = directive.span
    line = source.line(span.row, span.cell)
    row, start, end_row, end_column = span.row, span.column - 1, span.row, len(line) + 1
    following = line.find("#", start + 1)
    if following >= 0:
        end_column = following + 1
    elif directive.alone and source.has_row(span.row + 1, span.cell):
        start, end_row, end_column = 0, span.row + 1, 1
    elif directive.alone and span.row > 1:
        row -= 1
        start = len(source.line(row, span.cell))
    else:
        start = len(line[:start].rstrip())
    whole = Span(span.path, row, start + 1, end_row, end_column, span.cell, (row, end_row))
    return Fix("Remove the comment", "safe", (Edit(whole, ""),))


# ---------------------------------------------------------------------------------------------------------------------
# --add-noqa


def add_noqa(findings: Iterable[Finding], text: Text) -> tuple[tuple[Edit, ...], tuple[Finding, ...]]:
    """Edits that suppress the findings of a file by `# noqa`, and the findings for which there is no place.

    A comment goes to the end of the line where the finding starts; where that line ends in a string or a backslash, to
    the next one of the same statement.
    """
    wanted: dict[tuple[int, int], set[str]] = {}
    left: list[Finding] = []
    source = text.source
    for finding in findings:
        span = finding.span
        row = span.row
        last = max(span.end_row, span.statement[1])
        while row <= last and source.text_row(row, span.cell) in text.open_rows:
            row += 1
        if finding.code in ABOUT_COMMENTS or row > last:
            left.append(finding)
        else:
            wanted.setdefault((span.cell or 0, row), set()).add(finding.code)
    written = {(one.span.cell or 0, one.span.row): one for one in directives(text) if _extensible(one)}
    edits = tuple(
        _addition(source, cell or None, row, sorted(codes), written.get((cell, row)))
        for (cell, row), codes in sorted(wanted.items())
    )
    return edits, tuple(left)


def _extensible(directive: Directive) -> bool:
    """Whether it is a `noqa` with a list for its line, to which further codes can be added."""
    return directive.scope == "line" and bool(directive.selectors) and not directive.text.endswith("]")


def _addition(source: Source, cell: int | None, row: int, codes: Sequence[str], known: Directive | None) -> Edit:
    if known is not None:
        end = known.selectors[-1].end
        return Edit(_part(known.span, end, end), "".join(f", {code}" for code in codes))
    line = source.line(row, cell)
    column = len(line.rstrip()) + 1
    span = Span(source.path, row, column, row, len(line) + 1, cell, (row, row))
    return Edit(span, f"  # noqa: {', '.join(codes)}")


# ---------------------------------------------------------------------------------------------------------------------
# The comments


def _directives(text: Text) -> Iterator[Directive]:
    rules = RULES
    source = text.source
    for row, column, comment, alone in text.comments:
        offset = 0
        for part in re.split(r"(?=#)", comment):
            found = _parse(part, rules, alone)
            if found:
                own = part.strip()
                span = source.span(row, column + offset, row, column + offset + len(own))
                below = (_next_code_row(source, text.lines, row, span),) if found.scope == "statement" else ()
                rows = (span.row, *below)
                whole = alone and own == comment.strip()
                yield Directive(span, own, found.codes, found.scope, rows, found.problem, found.selectors, whole)
            offset += len(part)


def _next_code_row(source: Source, lines: Sequence[str], row: int, own: Span) -> int:
    """The next line that is neither blank nor comment, as its row in the cell of the comment."""
    for below, line in enumerate(lines[row:], start=row + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            span = source.span(below, 1, below, 1)
            return span.row if span.cell == own.cell else own.row
    return own.row


class _Parsed(NamedTuple):
    codes: frozenset[str] | None
    scope: Scope
    problem: str = ""
    selectors: tuple[Selector, ...] = ()


def _parse(comment: str, rules: Sequence[Rule], alone: bool) -> _Parsed | None:
    """What a comment says, or None for a comment that is no directive."""
    if match := _NOQA.match(comment):
        return _parse_noqa(match, rules)
    match = _OWN.match(comment)
    form = match and _OWN_FORM.match(comment, match.start("rest"))
    if not match:
        return None
    if not form:
        hint = "write `rnnlint: ignore[RNN101]`, `rnnlint: file-ignore[RNN101]` or `rnnlint: noqa`"
        return _Parsed(frozenset(), "line", hint)
    word, rest = form["word"].lower(), form["rest"]
    if word != "ignore" and not alone:
        hint = "`# noqa`" if word == "noqa" else "`# rnnlint: ignore[...]`"
        problem = f"`{word}` is for the whole file and needs a line of its own; for this line use {hint}"
        return _Parsed(frozenset(), "file", problem)
    if word == "noqa":
        if rest.startswith(":"):
            return _noqa_codes(comment, form.start("rest") + 1, "file", rules)
        meant = rest and _names_rule(rest, rules)
        return _Parsed(None, "file", "codes follow a colon: `# rnnlint: noqa: RNN101`" if meant else "")
    scope: Scope = "file" if word == "file-ignore" else "statement" if alone else "line"
    listed = re.compile(r"\[([^\]]*)\]").match(comment, form.start("rest"))
    if not listed:
        return _Parsed(frozenset(), scope, f"`{word}` needs the rules in brackets: `# rnnlint: {word}[RNN101]`")
    selectors = tuple(
        Selector(one[0], one.start(), one.end(), matching(_upper(one[0]), rules))
        for one in re.compile(r"[^\s,](?:[^,]*[^\s,])?").finditer(comment, listed.start(1), listed.end(1))
    )
    unknown = [one.text for one in selectors if not one.codes]
    problem = unknown_rule(unknown[0], rules) if unknown else "" if selectors else "names no rule"
    return _Parsed(frozenset().union(*(one.codes for one in selectors)), scope, problem, selectors)


def _parse_noqa(match: re.Match[str], rules: Sequence[Rule]) -> _Parsed | None:
    rest = match["rest"]
    if match["colon"]:
        return _noqa_codes(match.string, match.start("rest"), "line", rules)
    if rest and not rest[0].isspace():
        # No directive ("noqas"), or one that is written wrongly ("noqa-RNN101").
        meant = _names_rule(rest, rules)
        return _Parsed(frozenset(), "line", "codes follow a colon: `# noqa: RNN101`") if meant else None
    if _names_rule(rest, rules):  # a forgotten colon: that rule is meant, not all
        return _noqa_codes(match.string, match.start("rest"), "line", rules)
    return _Parsed(None, "line")


def _noqa_codes(comment: str, position: int, scope: Scope, rules: Sequence[Rule]) -> _Parsed:
    """Our rules in flake8's list: codes, prefixes and names up to the first word that is not one of them.

    Codes of other tools are none of our business; ours that are unknown are a problem.
    """
    selectors: list[Selector] = []
    problem = ""
    while match := _WORD.match(comment, position):
        word = _upper(match[1])
        found = matching(word, rules) if word != ALL else frozenset()
        if not found and not _CODE.fullmatch(word):
            break
        if not found and re.fullmatch(r"RNN[0-9]+", word):
            problem = problem or unknown_rule(word, rules)
        selectors.append(Selector(match[1], match.start(1), match.end(1), found))
        position = match.end()
    problem = problem if selectors else "names no rule after the colon"
    return _Parsed(frozenset().union(*(one.codes for one in selectors)), scope, problem, tuple(selectors))


def _names_rule(text: str, rules: Sequence[Rule]) -> bool:
    first = re.match(r"[\W_]*([A-Za-z0-9-]+)", text)
    return first is not None and bool(
        matching(_upper(first[1]), rules) or re.match(r"RNN[0-9]", first[1], re.IGNORECASE)
    )


def _upper(selector: str) -> str:
    """Codes in capitals, names in small letters."""
    return selector.upper() if re.fullmatch(r"RNN[0-9]*|ALL", selector, re.IGNORECASE) else selector.lower()
