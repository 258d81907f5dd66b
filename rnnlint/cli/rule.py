"""`rnnlint rule`: the pages of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from rnnlint.cli.console import Console, fail
from rnnlint.cli.options import argument, command, option
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from rnnlint.registry import Rule


@dataclass(frozen=True)
class RuleOptions:
    """Which rules `rnnlint rule` explains, and how."""

    rule: str | None = argument(required=False)
    every: bool = option("--all", is_flag=True, help="Explain all rules.")
    output_format: Literal["text", "json"] = option(
        "--output-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Format of the output.",
    )


@command(RuleOptions, "Explain a rule.")
def rule(options: RuleOptions) -> int:
    """Print the page of RULE, a code or a name, or of all rules."""
    from rnnlint.output import rulebook
    from rnnlint.registry import RULES
    from rnnlint.settings.selectors import unknown_rule

    if (options.rule is None) is not options.every:
        raise click.UsageError("Name a rule, or give --all.")
    chosen = [one for one in RULES if options.every or options.rule in (one.code, one.name)]
    if not chosen:
        fail(unknown_rule(options.rule or "", RULES))
    try:
        pages = [(one, rulebook.page(one.code)) for one in chosen]
    except FileNotFoundError as error:
        fail(f"the page is missing from this installation: {error.filename}")
    if options.output_format == "json":
        from json import dumps

        records = [_record(one, page) for one, page in pages]
        text = dumps(records if options.every else records[0], indent=2, ensure_ascii=False)
    else:
        text = "\n\n".join(page.rstrip() for _, page in pages)
    Console().out(f"{text}\n")
    return 0


def _record(rule: Rule, page: str) -> dict[str, Any]:
    from rnnlint.output.rulebook import url

    record = rule._asdict()
    for inner in ("requires", "supersedes", "flow", "unnecessary"):  # how rnnlint works, not what the rule says
        del record[inner]
    return {**record, "url": url(rule.code), "explanation": page}
