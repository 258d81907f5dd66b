"""The parts of the documentation that follow from the code: written by this command, compared by the tests.

    python -m tests.docs            write them
    python -m tests.docs --check    write nothing, name what is out of date, and fail if anything is

These are the tables of rules in README.md and rules/README.md, the title and the status line of each rule page, the
list of output formats in README.md, the table of cuDNN kernels in rules/RNN201.md, and in CHANGELOG.md a line for each
rule that it does not name yet.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rnnlint.graph import Layer, Span
from rnnlint.keras.cudnn import kernel
from rnnlint.keras.versions import KERAS_2, KERAS_3, Version
from rnnlint.registry import RULES, Rule
from rnnlint.settings.choices import FORMATS
from tests.published import HOME

ROOT = Path(__file__).resolve().parents[1]
FILE = f"{HOME}/blob/main/"
HEAD = "| Code | Name | Severity | Default | Fix | Reports |\n| --- | --- | --- | --- | --- | --- |\n"

Text = Callable[[str], str]


def rows(link: str) -> str:
    """A row per rule; `link` is what stands in front of the name of a page."""
    return "".join(
        f"| [{rule.code}]({link}{rule.code}.md) | `{rule.name}` | {rule.severity} | {_default(rule)} | {rule.fix} "
        f"| {rule.summary} |\n"
        for rule in RULES
    )


def _default(rule: Rule) -> str:
    return "on" if rule.default else "off"


def _table(head: str, body: str, text: str) -> str:
    """The text with the rows below a table's head replaced. Raises ValueError where it has no such table."""
    before, found, after = text.partition(head)
    if not found:
        raise ValueError(f"no table begins with {head.splitlines()[0]!r}")
    return before + head + body + re.sub(r"\A(\|.*\n)*", "", after)


def _replace(pattern: str, new: str, text: str) -> str:
    """The text with its one match replaced. Raises ValueError where there is none, or more."""
    changed, count = re.subn(pattern, lambda _: new, text, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"{count} matches of {pattern!r}")
    return changed


def readme(text: str) -> str:
    """README.md with the rules and the output formats of today."""
    first, *others = FORMATS
    formats = f'output-format = "{first}"'.ljust(38) + "# or " + ", ".join(f'"{name}"' for name in others)
    return _replace(r"^output-format = .*$", formats, _table(HEAD, rows(f"{FILE}rules/"), text))


def index(text: str) -> str:
    """rules/README.md with the rules of today."""
    return _table(HEAD, rows(""), text)


def page(rule: Rule) -> Text:
    """The page of a rule with its title and status line; the confidence is the page's own."""

    def write(text: str) -> str:
        confidence = re.search(r"^Default: .* · Confidence: ([^·]+) · ", text, re.MULTILINE)
        status = (
            f"Default: {_default(rule)} · Severity: {rule.severity}"
            f" · Confidence: {confidence[1] if confidence else 'certain or possible'}"
            f" · Fix: {rule.fix} · Runtime: {rule.runtime or 'none'} · Since {rule.since}"
        )
        text = _replace(r"^Default: .*$", status, _replace(r"\A# .*$", f"# {rule.code} `{rule.name}`", text))
        return _kernels(text) if rule.code == "RNN201" else text

    return write


def _kernels(text: str) -> str:
    backends = ("tensorflow", "torch", "jax")
    head = f"| | {' | '.join(backends)} |\n| --- | --- | --- | --- |\n"
    nowhere = Span("", 1, 1, 1, 1)
    body = ""
    for name in ("LSTM", "GRU"):
        pairs = kernel(Layer(0, f"keras.layers.{name}", "keras", "keras", (), nowhere)).pairs
        cells = [_since([version for version, have in sorted(pairs) if have == backend]) for backend in backends]
        body += f"| {name} | {' | '.join(cells)} |\n"
    return _table(head, body, text)


def _since(versions: Sequence[Version]) -> str:
    """From which release on, of each major: all of these facts hold up to the newest one."""
    parts = []
    for major in (KERAS_2, KERAS_3):
        found = [version for version in major if version in versions]
        if found and found != list(major[-len(found) :]):
            raise ValueError(f"a table cannot say {found}")
        if found:
            parts.append(
                f"all Keras {found[0][0]}" if len(found) == len(major) else "Keras {}.{} and later".format(*found[0])
            )
    return ", ".join(parts) or "never"


def changelog(text: str) -> str:
    """CHANGELOG.md with a line for each rule that it does not name, under the newest release."""
    missing = [rule for rule in RULES if not re.search(rf"\b{rule.code}\b", text)]
    lines = "".join(f"- {rule.code} `{rule.name}`{'' if rule.default else ' (off by default)'}\n" for rule in missing)
    if not lines:
        return text
    newest = re.search(r"^## .*\n(?:(?!## ).*\n)*", text, re.MULTILINE)
    if newest is None:
        raise ValueError("CHANGELOG.md has no release")
    section = newest[0]
    if listed := re.search(r"^### Rules\n\n(?:- .*\n)*", section, re.MULTILINE):
        section = section[: listed.end()] + lines + section[listed.end() :]
    else:
        section = f"{section.rstrip()}\n\n### Rules\n\n{lines}\n"
    return text[: newest.start()] + section + text[newest.end() :]


def files() -> Iterator[tuple[str, Text]]:
    """Each file with the function that brings its text up to date."""
    yield "README.md", readme
    yield "rules/README.md", index
    yield "CHANGELOG.md", changelog
    for rule in RULES:
        yield f"rules/{rule.code}.md", page(rule)


def outdated(root: Path) -> dict[str, str]:
    """The files whose text is not what the code says, with the text that they should have.

    A page that does not exist is not among them: it cannot be written by a command.
    """
    found = {}
    for name, write in files():
        path = root / name
        if path.exists():
            text = path.read_text(encoding="utf-8")
            try:
                new = write(text)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
            if new != text:
                found[name] = new
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with `--check` compare them. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description="Write what follows from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    options = parser.parse_args(arguments)
    found = outdated(ROOT)
    for name, text in found.items():
        print(f"{name}: out of date" if options.check else f"{name}: written")
        if not options.check:
            (ROOT / name).write_text(text, encoding="utf-8")
    return int(options.check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
