"""What an editor is offered at a place: fixes, comments that suppress, and the pages of rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types

from rnnlint.findings import Finding
from rnnlint.output.rulebook import page_elsewhere, url
from rnnlint.server.analysis import Job
from rnnlint.server.documents import OpenDocument, Server, SnapshotResult
from rnnlint.server.places import Edits, touches, workspace_edit
from rnnlint.server.pool import FailedError, OutdatedError

FIX_ALL = "source.fixAll.rnnlint"


async def actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Fixes for the findings of a range, comments that suppress them, and all safe fixes of the document."""
    opened = server.holding(params.text_document.uri)
    result = await server.settled(opened) if opened else None
    if opened is None or result is None:
        return []
    asked = params.context.only
    found: list[types.CodeAction] = []
    if _asked(types.CodeActionKind.QuickFix, asked):
        here = [
            (number, finding, diagnostic)
            for number, finding in enumerate(result.answer.findings)
            for uri, diagnostic in [server.diagnostic(finding, result)]
            if uri == params.text_document.uri and touches(diagnostic.range, params.range)
        ]
        for _, finding, diagnostic in here:
            found += _quick_fix(server, finding, diagnostic, result)
        for number, finding, diagnostic in here:
            found += _suppression(server, number, finding, diagnostic, result)
    automatic = params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
    if _asked(FIX_ALL, asked) and (asked or not automatic):
        found += await _fix_all(server, opened, result)
    return found


def _quick_fix(
    server: Server, finding: Finding, diagnostic: types.Diagnostic, result: SnapshotResult
) -> Iterator[types.CodeAction]:
    fix = finding.fix
    edits = fix and result.snapshot.edits(fix.edits)
    if fix and edits:
        safe = fix.applicability == "safe"
        yield types.CodeAction(
            f"{fix.message} ({finding.code}{'' if safe else ', unsafe'})",
            types.CodeActionKind.QuickFix,
            [diagnostic],
            is_preferred=safe,
            edit=_edit(server, edits, result),
        )


def _suppression(
    server: Server, number: int, finding: Finding, diagnostic: types.Diagnostic, result: SnapshotResult
) -> Iterator[types.CodeAction]:
    comments = result.answer.comments[number : number + 1]
    edits = result.snapshot.edits(comments[0]) if comments and comments[0] else None
    if edits:
        yield types.CodeAction(
            f"Suppress with `# noqa: {finding.code}`",
            types.CodeActionKind.QuickFix,
            [diagnostic],
            is_preferred=False,
            edit=_edit(server, edits, result),
        )


async def _fix_all(server: Server, opened: OpenDocument, result: SnapshotResult) -> list[types.CodeAction]:
    safe = [one for one in result.answer.findings if one.fix and one.fix.applicability == "safe"]
    if not safe:
        return []
    if result.fixed is None:
        job = server.job(opened, result.snapshot)
        try:
            answer = await server.pool.ask(Job(job.path, job.text, job.open, job.folders, fix=True), opened.outdated)
        except (OutdatedError, FailedError):
            return []
        result.fixed = answer.fixed
    edits = result.snapshot.changes(result.fixed) if result.fixed is not None else None
    if not edits:
        return []
    return [types.CodeAction("Make all safe fixes of rnnlint", FIX_ALL, edit=_edit(server, edits, result))]


def _edit(server: Server, edits: Edits, result: SnapshotResult) -> types.WorkspaceEdit:
    workspace = server.client_capabilities.workspace
    versioned = bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)
    versions = {text.uri: text.version for text in result.snapshot.texts}
    return workspace_edit(edits, versions, versioned)


async def hover(server: Server, params: types.HoverParams) -> types.Hover | None:
    """The pages of the rules that speak here, or that a comment names."""
    opened = server.holding(params.text_document.uri)
    result = await server.settled(opened) if opened else None
    if result is None:
        return None
    spans = [(one.span, {one.code}) for one in result.answer.findings]
    spans += [(one.span, set(one.codes)) for one in result.answer.mentions]
    at = types.Range(params.position, params.position)
    codes: dict[str, types.Range] = {}
    for span, named in spans:
        text, where = result.snapshot.locate(span)
        if text.uri == params.text_document.uri and touches(where, at):
            codes |= dict.fromkeys(sorted(named), where)
    if not codes:
        return None
    document = server.client_capabilities.text_document
    formats = document and document.hover and document.hover.content_format
    plain = formats and types.MarkupKind.Markdown not in formats
    kind = types.MarkupKind.PlainText if plain else types.MarkupKind.Markdown
    return types.Hover(
        types.MarkupContent(kind, "\n\n---\n\n".join(map(_page, codes))), range=next(iter(codes.values()))
    )


def _asked(kind: str, only: Iterable[str] | None) -> bool:
    """Whether a kind of action is wanted; a kind includes all below it."""
    return only is None or any(kind == one or not one or kind.startswith(f"{one}.") for one in map(str, only))


def _page(code: str) -> str:
    """The page of a rule, with links that lead somewhere from an editor."""
    try:
        return page_elsewhere(code).rstrip()
    except FileNotFoundError:
        return f"[{code}]({url(code)})"
