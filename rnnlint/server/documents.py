"""The open documents, what the analysis found in them, and the diagnostics that an editor gets from that."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from rnnlint.findings import Diagnostic, Finding, Related
from rnnlint.graph import Span
from rnnlint.output import sentence
from rnnlint.output.rulebook import url
from rnnlint.records import dataclass
from rnnlint.server.analysis import Answer, Job
from rnnlint.server.places import Documents, DocumentText, Snapshot, line_range
from rnnlint.server.pool import FailedError, OutdatedError, Pool
from rnnlint.version import __version__

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "advice": types.DiagnosticSeverity.Information,
}


@dataclass
class SnapshotResult:
    """What the analysis of a snapshot gave; `job` holds the texts that it went by."""

    snapshot: Snapshot
    job: Job
    answer: Answer
    failure: str = ""
    fixed: str | None = None


@dataclass
class OpenDocument:
    """A document or notebook that is open in the editor."""

    uri: str
    path: str
    notebook: bool = False
    result: SnapshotResult | None = None
    task: asyncio.Task[None] | None = None
    outdated: asyncio.Event = field(default_factory=asyncio.Event)
    published: set[str] = field(default_factory=set)

    @property
    def real(self) -> str:
        """Its real path."""
        return os.path.realpath(self.path)


class Server(LanguageServer):
    """Keeps the open documents and what is known of them.

    `folder` is for documents that were never saved; `prepare` is called in the processes that analyse.
    """

    def __init__(self, folder: str, prepare: Callable[[], None] | None = None) -> None:
        cells = [types.NotebookCellLanguage("python")]
        notebooks = types.NotebookDocumentSyncOptions([types.NotebookDocumentFilterWithNotebook("*", cells)], save=True)
        super().__init__("rnnlint", __version__, notebook_document_sync=notebooks)
        self.opened: dict[str, OpenDocument] = {}
        self.folder = folder
        self.told = ""
        self.ended = False
        self._prepare = prepare
        self._pool: Pool | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def keep_documents(self) -> None:
        """Take over the documents from pygls, which would count other lines than the client does."""
        old = self.workspace
        folders = list(old.folders.values())
        self.protocol._workspace = Documents(old.root_uri, old._sync_kind, folders, old.position_encoding)

    # -----------------------------------------------------------------------------------------------------------------
    # Analysis

    @property
    def pool(self) -> Pool:
        """The processes that analyse."""
        self._pool = self._pool or Pool(self._prepare)
        return self._pool

    def end(self) -> None:
        """End all analyses."""
        for task in self._tasks:
            task.cancel()
        if self._pool is not None:
            self._pool.close()

    def schedule(self, opened: OpenDocument, pause: float = 0.0) -> None:
        """Look at a document, after a pause in which nothing else changes; what is under way is out of date."""
        opened.outdated.set()
        opened.outdated = asyncio.Event()
        opened.task = asyncio.ensure_future(self._look(opened, opened.outdated, pause))
        self._tasks.add(opened.task)
        opened.task.add_done_callback(self._tasks.discard)

    def changed(self, opened: OpenDocument, pause: float = 0.0) -> None:
        """Look at a document whose text has changed, and at those that import it."""
        for other in self.opened.values():
            if other is not opened and other.result and opened.real in other.result.answer.read:
                self.schedule(other, pause)
        if opened.uri in self.opened:
            self.schedule(opened, pause)

    async def settled(self, opened: OpenDocument) -> SnapshotResult | None:
        """What is known of a document once nothing more is under way."""
        while opened.task is not None and not opened.task.done():
            await asyncio.wait({opened.task})
        return opened.result

    async def _look(self, opened: OpenDocument, outdated: asyncio.Event, pause: float) -> None:
        await asyncio.sleep(pause)
        if outdated.is_set():
            return
        # What they find in this file would be drawn, and be gone, and be drawn again.
        awaited = {other.task for other in self._contributors(opened) if other.task and not other.task.done()}
        if awaited:
            await asyncio.wait(awaited, timeout=2.0)
        if outdated.is_set():
            return
        snapshot = self.snapshot(opened)
        if not snapshot.texts:
            opened.result = None
            self.clear(opened)
            return
        job = self.job(opened, snapshot)
        answer, failure = Answer(), ""
        try:
            answer = await self.pool.ask(job, outdated)
        except OutdatedError:
            return
        except FailedError as error:
            failure = str(error)
        if outdated.is_set():
            return
        before = opened.result.answer.elsewhere if opened.result else ()
        opened.result = SnapshotResult(snapshot, job, answer, failure)
        self._tell(answer.problem)
        self._publish(opened)
        for other in list(self.opened.values()):
            if other is not opened and _of(other, before) != _of(other, answer.elsewhere):
                self.schedule(other)

    def _contributors(self, opened: OpenDocument) -> Iterator[OpenDocument]:
        """The documents whose analysis found something in this one."""
        for other in self.opened.values():
            if other is not opened and other.result and _of(opened, other.result.answer.elsewhere):
                yield other

    def job(self, opened: OpenDocument, snapshot: Snapshot) -> Job:
        """The analysis of a document, with the texts of the other open ones."""
        texts = {
            other.real: self.workspace.get_text_document(other.uri).source
            for other in self.opened.values()
            if not other.notebook and not other.path.endswith(".ipynb")
        }
        foreign = tuple(
            finding
            for other in self._contributors(opened)
            if other.result and other.result.job.open.get(opened.real) == snapshot.text
            for finding in _of(opened, other.result.answer.elsewhere)
        )
        folders = tuple(path for uri in self.workspace.folders if (path := uris.to_fs_path(uri)))
        return Job(opened.path, snapshot.text, texts, folders, foreign)

    def snapshot(self, opened: OpenDocument) -> Snapshot:
        """The text of a document as it is now."""
        codec = self.workspace.position_codec
        names = [opened.uri]
        if opened.notebook:
            notebook = self.workspace.get_notebook_document(notebook_uri=opened.uri)
            code = types.NotebookCellKind.Code
            names = [cell.document for cell in notebook.cells if cell.kind == code] if notebook else []
        documents = [self.workspace.get_text_document(name) for name in names]
        return Snapshot(
            opened.path,
            tuple(DocumentText(one.uri, one.source, codec, one.version) for one in documents),
            opened.notebook,
            tuple(one.language_id or "python" for one in documents),
        )

    def holding(self, uri: str) -> OpenDocument | None:
        """The document of a URI, or the notebook that a cell belongs to."""
        notebook = self.workspace.get_notebook_document(cell_uri=uri)
        return self.opened.get(notebook.uri if notebook else uri)

    def path(self, uri: str) -> str:
        """The path of a document; one that was never saved is taken to lie in the workspace's folder."""
        found = uris.to_fs_path(uri)
        if found is None:
            folder = uris.to_fs_path(self.workspace.root_uri or "") or self.folder
            return os.path.join(folder, os.path.basename(uris.urlparse(uri)[2]) or "untitled.py")
        return os.path.abspath(found)

    def _tell(self, problem: str) -> None:
        """Say once that the settings cannot be used."""
        if problem and problem != self.told:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"rnnlint: {problem}"))
        self.told = problem

    # -----------------------------------------------------------------------------------------------------------------
    # Diagnostics

    def able(self, name: str) -> bool:
        """Whether the client says that it knows how to show something of diagnostics."""
        document = self.client_capabilities.text_document
        return bool(getattr(document and document.publish_diagnostics, name, None))

    def _publish(self, opened: OpenDocument) -> None:
        result = opened.result
        assert result is not None
        found: dict[str, list[types.Diagnostic]] = {text.uri: [] for text in result.snapshot.texts}
        entries: list[Finding | Diagnostic] = [*result.answer.diagnostics, *result.answer.findings]
        if result.failure:
            entries.append(Diagnostic("too-complex", result.failure, Span(opened.path, 1, 1, 1, 1)))
        for one in entries:
            uri, diagnostic = self.diagnostic(one, result)
            found[uri].append(diagnostic)
        versions = {text.uri: text.version for text in result.snapshot.texts}
        for uri in opened.published - set(found):
            self._send(uri, [], None)
        for uri, diagnostics in found.items():
            self._send(uri, diagnostics, versions[uri])
        opened.published = set(found)

    def open(self, uri: str, *, notebook: bool) -> None:
        """Begin to look at a document or notebook."""
        self.opened[uri] = OpenDocument(uri, self.path(uri), notebook)
        self.changed(self.opened[uri])

    def close(self, uri: str) -> None:
        """Forget a document; what imports it now goes by the file."""
        if (opened := self.opened.pop(uri, None)) is not None:
            opened.outdated.set()
            self.clear(opened)
            self.changed(opened)

    def change(self, uri: str, pause: float) -> None:
        """A document has changed."""
        if (opened := self.opened.get(uri)) is not None:
            self.changed(opened, pause)

    def clear(self, opened: OpenDocument) -> None:
        """Take back all diagnostics of a document."""
        for uri in opened.published:
            self._send(uri, [], None)
        opened.published = set()

    def _send(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def diagnostic(self, entry: Finding | Diagnostic, result: SnapshotResult) -> tuple[str, types.Diagnostic]:
        """The protocol's form of a finding, or of what could not be read, and the document that it is in."""
        text, where = result.snapshot.locate(entry.span)
        shown = types.Diagnostic(where, sentence(entry), source="rnnlint")
        if isinstance(entry, Diagnostic):
            shown.code, shown.severity = entry.kind, types.DiagnosticSeverity.Error
            return text.uri, shown
        shown.code, shown.severity = entry.code, SEVERITIES[entry.severity]
        if self.able("code_description_support"):
            shown.code_description = types.CodeDescription(url(entry.code))
        if self.able("tag_support") and entry.rule.unnecessary:
            shown.tags = [types.DiagnosticTag.Unnecessary]
        if self.able("related_information"):
            shown.related_information = [self._related(one, result) for one in entry.related] or None
        return text.uri, shown

    def _related(self, related: Related, result: SnapshotResult) -> types.DiagnosticRelatedInformation:
        span = related.span
        if span.path == result.snapshot.path:
            text, where = result.snapshot.locate(span)
            uri = text.uri
        else:
            uri = next((one.uri for one in self.opened.values() if one.path == span.path), None) or _uri(span.path)
            lines = [""] * span.end_row
            for row in (span.row, span.end_row):
                lines[row - 1] = result.answer.lines.get((span.path, row), "")
            where = line_range(span, lines, self.workspace.position_codec)
        return types.DiagnosticRelatedInformation(types.Location(uri, where), related.label)


def _of(opened: OpenDocument, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.span.path == opened.path)


def _uri(path: str) -> str:
    return uris.from_fs_path(path) or ""
