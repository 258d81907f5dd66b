"""`rnnlint server`, as an editor sees it: a real process, spoken to by pygls' client over stdin and stdout."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest
from click.testing import CliRunner
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from rnnlint.cli.program import cli
from rnnlint.output.rulebook import url
from rnnlint.server.analysis import Job
from rnnlint.server.pool import FailedError, OutdatedError, Pool

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "rnnlint", "server")
# Generous: nothing here is about speed, and the machine may be busy.
TIMEOUT = 120.0

LOST = """\
from keras import Input, Sequential, layers

model = Sequential()
model.add(Input((20, 1)))
model.add(layers.Dropout(0.5))
model.add(layers.LSTM(8))
"""
# Of this there is a safe fix, ...
BATCH = """\
from keras import Input, Sequential, layers

model = Sequential([Input((20, 64)), layers.Dropout(0.5, noise_shape=(32, 1, 64)), layers.LSTM(8)])
"""
ANY_BATCH = BATCH.replace("32", "None")
# ... of this an unsafe one.
STEPS = """\
from keras import Input, Sequential, layers

model = Sequential([Input((20, 64)), layers.Dropout(0.5), layers.LSTM(8)])
"""
T = TypeVar("T")


class Client(LanguageClient):
    """An editor: it keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.count: dict[str, int] = {}
        self.messages: list[types.ShowMessageParams] = []
        self.watchers: list[str] = []
        self.errors: list[Exception] = []
        self.result: types.InitializeResult | None = None
        self._news = asyncio.Condition()
        self._told: set[asyncio.Task[None]] = set()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        async def _publish(params: types.PublishDiagnosticsParams) -> None:
            async with self._news:
                self.published[params.uri] = params
                self.count[params.uri] = self.count.get(params.uri, 0) + 1
                self._news.notify_all()

        @self.feature(types.WINDOW_SHOW_MESSAGE)  # type: ignore[untyped-decorator]
        async def _message(params: types.ShowMessageParams) -> None:
            async with self._news:
                self.messages.append(params)
                self._news.notify_all()

        @self.feature(types.CLIENT_REGISTER_CAPABILITY)  # type: ignore[untyped-decorator]
        async def _register(params: types.RegistrationParams) -> None:
            async with self._news:
                for one in params.registrations:
                    self.watchers += [watcher["globPattern"] for watcher in _plain(one.register_options)["watchers"]]
                self._news.notify_all()

    def report_server_error(self, error: Exception, source: Any) -> None:
        self.errors.append(error)

    async def until(self, wanted: Callable[[], T | None]) -> T:
        """Wait for something that the server sends."""
        async with self._news:
            found: list[T] = []

            def there() -> bool:
                value = wanted()
                if value:
                    found.append(value)
                return bool(value)

            await asyncio.wait_for(self._news.wait_for(there), TIMEOUT)
            return found[-1]

    async def diagnostics(self, uri: str, *codes: str) -> list[types.Diagnostic]:
        """Wait until a document has exactly the diagnostics with these codes."""

        def there() -> list[list[types.Diagnostic]] | None:
            found = self.published.get(uri)
            if found is None or sorted(str(one.code) for one in found.diagnostics) != sorted(codes):
                return None
            return [list(found.diagnostics)]

        return (await self.until(there))[0]

    async def after(self, uri: str, act: Callable[[], None]) -> list[types.Diagnostic]:
        """Do something and wait for the next diagnostics of a document, whatever they are."""
        before = self.count.get(uri, 0)
        act()
        await self.until(lambda: self.count.get(uri, 0) > before)
        return list(self.published[uri].diagnostics)

    def open(self, uri: str, text: str, language: str = "python") -> None:
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, 1, text)))

    def change(self, uri: str, *changes: types.TextDocumentContentChangeEvent, version: int = 2) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def rewrite(self, uri: str, text: str, version: int = 2) -> None:
        self.change(uri, types.TextDocumentContentChangeWholeDocument(text), version=version)

    def close(self, uri: str) -> None:
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def watched(self, uri: str, kind: types.FileChangeType = types.FileChangeType.Changed) -> None:
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([types.FileEvent(uri, kind)]))

    async def actions(self, uri: str, where: types.Range, only: list[str] | None = None) -> dict[str, types.CodeAction]:
        """The code actions of a place, by title."""
        document = types.TextDocumentIdentifier(uri)
        params = types.CodeActionParams(document, where, types.CodeActionContext([], only))
        found = await asyncio.wait_for(self.text_document_code_action_async(params), TIMEOUT)
        actions = [one for one in found or () if isinstance(one, types.CodeAction)]
        assert len({one.title for one in actions}) == len(actions) == len(found or ())
        return {one.title: one for one in actions}

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        document = types.TextDocumentIdentifier(uri)
        params = types.HoverParams(document, types.Position(line, character))
        return await asyncio.wait_for(self.text_document_hover_async(params), TIMEOUT)


def _plain(value: Any) -> Any:
    return json.loads(
        json.dumps(value, default=lambda one: one.__dict__ if hasattr(one, "__dict__") else one._asdict())
    )


def capabilities(*encodings: types.PositionEncodingKind, versioned: bool = True) -> types.ClientCapabilities:
    """What a full-grown editor says of itself."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings) or None),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=True,
                code_description_support=True,
                tag_support=types.ClientDiagnosticsTagOptions([types.DiagnosticTag.Unnecessary]),
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
        ),
        notebook_document=types.NotebookDocumentClientCapabilities(types.NotebookDocumentSyncClientCapabilities()),
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versioned),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
        ),
    )


@asynccontextmanager
async def editor(
    folder: Path, able: types.ClientCapabilities | None = None, command: tuple[str, ...] = COMMAND
) -> AsyncIterator[Client]:
    """An editor with a server of its own, which ends in good order."""
    client = Client()
    await client.start_io(*command, cwd=folder, env=environ())
    assert client._server is not None
    params = types.InitializeParams(
        able or capabilities(),
        process_id=os.getpid(),
        root_uri=folder.as_uri(),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
    )
    try:
        client.result = await asyncio.wait_for(client.initialize_async(params), TIMEOUT)
        client.initialized(types.InitializedParams())
        yield client
        await asyncio.wait_for(client.shutdown_async(None), TIMEOUT)
        client.exit(None)
        status = await asyncio.wait_for(client._server.wait(), TIMEOUT)
        assert client._server.stderr is not None
        assert (status, (await client._server.stderr.read()).decode()) == (0, "")
        assert client.errors == []
    except BaseException:
        client._server.kill()
        assert client._server.stderr is not None
        sys.stderr.write((await client._server.stderr.read()).decode())
        raise
    finally:
        await client.stop()  # type: ignore[no-untyped-call]


def play(scene: Awaitable[None]) -> None:
    async def whole() -> None:
        await scene

    asyncio.run(whole())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "pyproject.toml", "[tool.rnnlint]\n")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def part(
    line: int, start: int, end: int, text: str, end_line: int | None = None
) -> types.TextDocumentContentChangePartial:
    where = span(line, start, end, end_line)
    return types.TextDocumentContentChangePartial(where, text)


def span(line: int, start: int, end: int, end_line: int | None = None) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line if end_line is None else end_line, end))


def changes(action: types.CodeAction) -> dict[str, list[types.TextEdit]]:
    """The edits of an action, however they are given."""
    assert action.edit is not None
    if action.edit.changes is not None:
        return {uri: list(edits) for uri, edits in action.edit.changes.items()}
    found: dict[str, list[types.TextEdit]] = {}
    for change in action.edit.document_changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        edits = [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
        assert len(edits) == len(change.edits)
        found[change.text_document.uri] = edits
    return found


def applied(text: str, edits: list[types.TextEdit], encoding: str = "utf-16-le") -> str:
    """A text after edits, by the words of the protocol."""
    width = {"utf-16-le": 2, "utf-8": 1, "utf-32-le": 4}[encoding]
    lines = text.split("\n")

    def offset(position: types.Position) -> int:
        line = lines[position.line].encode(encoding)[: position.character * width].decode(encoding)
        return sum(len(one) + 1 for one in lines[: position.line]) + len(line)

    for edit in sorted(edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True):
        end = edit.range.end
        stop = len(text) if end.line >= len(lines) else offset(end)
        text = text[: offset(edit.range.start)] + edit.new_text + text[stop:]
    return text


def covered(text: str, where: types.Range, encoding: str = "utf-16-le") -> str:
    width = {"utf-16-le": 2, "utf-8": 1, "utf-32-le": 4}[encoding]
    assert where.start.line == where.end.line
    line = text.split("\n")[where.start.line].encode(encoding)
    return line[where.start.character * width : where.end.character * width].decode(encoding)


# ---------------------------------------------------------------------------------------------------------------------
# Diagnostics


def test_a_finding_with_all_that_belongs_to_it(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            assert client.result is not None
            assert client.result.server_info is not None
            assert client.result.server_info.name == "rnnlint"
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST)
            (found,) = await client.diagnostics(uri, "RNN101")
            assert covered(LOST, found.range) == "layers.Dropout(0.5)"
            assert found.source == "rnnlint"
            assert found.severity == types.DiagnosticSeverity.Warning
            assert found.code_description is not None
            assert found.code_description.href == url("RNN101")
            assert client.published[uri].version == 1
            assert "timestep" in found.message
            related = found.related_information or []
            assert {one.location.uri for one in related} == {uri}
            assert "layers.LSTM(8)" in {covered(LOST, one.location.range) for one in related}

    play(scene())


def test_a_severity_is_that_of_the_rule(folder: Path) -> None:
    text = "from keras import Sequential, layers\n\n"
    text += "Sequential([layers.Input((20, 8)), layers.Dropout(0.5), layers.LSTM(8)])\nlayers.Dropout(50)\n"

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            found = await client.diagnostics(uri, "RNN102", "RNN301")
            assert [one.severity for one in found] == [
                types.DiagnosticSeverity.Information,
                types.DiagnosticSeverity.Error,
            ]

    play(scene())


def test_less_than_certain_is_said(folder: Path) -> None:
    text = "from keras import Sequential, layers\n\n\ndef build(rate=0.5):\n"
    text += "    return Sequential([layers.Input((20, 1)), layers.Dropout(rate), layers.LSTM(8)])\n"

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            (found,) = await client.diagnostics(uri, "RNN101")
            assert found.severity == types.DiagnosticSeverity.Warning
            assert found.message.startswith("[possible] ")

    play(scene())


def test_open_change_save_and_close(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST)
            await client.diagnostics(uri, "RNN101")
            client.change(uri, part(3, 21, 22, "8"), part(4, 0, 0, "# ", 4), version=2)
            await client.diagnostics(uri)
            assert client.published[uri].version == 2
            client.rewrite(uri, LOST, version=3)
            await client.diagnostics(uri, "RNN101")
            identifier = types.TextDocumentIdentifier(uri)
            found = await client.after(
                uri, lambda: client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))
            )
            assert [one.code for one in found] == ["RNN101"]
            assert await client.after(uri, lambda: client.close(uri)) == []

    play(scene())


def test_many_changes_at_once_end_in_the_newest_one(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, "")
            for version, end in enumerate(range(1, len(LOST) + 1), start=2):
                line = LOST[: end - 1].count("\n")
                column = end - 1 - (LOST.rfind("\n", 0, end - 1) + 1)
                client.change(uri, part(line, column, column, LOST[end - 1]), version=version)
            await client.diagnostics(uri, "RNN101")
            assert client.published[uri].version == len(LOST) + 1

    play(scene())


def test_code_that_does_not_parse_is_shown_and_forgotten_once_it_does(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST)
            await client.diagnostics(uri, "RNN101")
            client.change(uri, part(5, 24, 25, ""), version=2)
            (found,) = await client.diagnostics(uri, "invalid-syntax")
            assert found.severity == types.DiagnosticSeverity.Error
            assert found.range.start.line == 5
            assert await client.actions(uri, found.range) == {}
            client.change(uri, part(5, 24, 24, ")"), version=3)
            await client.diagnostics(uri, "RNN101")

    play(scene())


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        (None, "utf-16-le"),
        (types.PositionEncodingKind.Utf8, "utf-8"),
        (types.PositionEncodingKind.Utf32, "utf-32-le"),
    ],
)
def test_positions_after_an_emoji(folder: Path, encoding: types.PositionEncodingKind | None, codec: str) -> None:
    text = LOST.replace("model.add(layers.Dropout", 'name = "\N{ROCKET}é"; model.add(layers.Dropout')

    async def scene() -> None:
        async with editor(folder, capabilities(*[encoding] if encoding else [])) as client:
            assert client.result is not None
            assert client.result.capabilities.position_encoding == (encoding or types.PositionEncodingKind.Utf16)
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            (found,) = await client.diagnostics(uri, "RNN101")
            assert covered(text, found.range, codec) == "layers.Dropout(0.5)"
            # An edit behind the emoji is made where the client means it.
            client.change(uri, part(4, found.range.end.character - 2, found.range.end.character - 1, "0"))
            await client.diagnostics(uri)
            assert await client.hover(uri, 4, found.range.start.character) is None

    play(scene())


def test_only_line_ends_of_the_protocol_end_lines(folder: Path) -> None:
    text = LOST.replace("\n\n", '\n\x0c\nseparators = "\x85\u2028\x1c"\n', 1).replace("\n", "\r\n")

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            (found,) = await client.diagnostics(uri, "RNN101")
            assert covered(text, found.range) == "layers.Dropout(0.5)"
            row = found.range.start.line
            client.change(uri, part(row, found.range.end.character - 4, found.range.end.character - 1, "0.0"))
            await client.diagnostics(uri)
            client.change(uri, part(row, 0, 0, "", row + 1), version=3)
            client.change(uri, part(row, 0, 0, "model.add(layers.Dropout(0.5))\r\n"), version=4)
            (found,) = await client.diagnostics(uri, "RNN101")
            assert found.range.start == types.Position(row, len("model.add("))

    play(scene())


def test_comments_of_the_file_suppress(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST.replace("(0.5))", "(0.5))  # noqa: RNN101"))
            await client.diagnostics(uri)
            client.rewrite(uri, LOST.replace("(0.5))", "(0.5))  # noqa: RNN102"))
            await client.diagnostics(uri, "RNN101")

    play(scene())


def test_what_is_not_python_is_left_alone(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            notes, model = (folder / "notes.md").as_uri(), (folder / "model.py").as_uri()
            client.open(notes, LOST, "markdown")
            client.rewrite(notes, LOST + "\n")
            client.close(notes)
            client.open(model, LOST)
            await client.diagnostics(model, "RNN101")
            assert set(client.published) == {model}

    play(scene())


def test_a_document_that_was_never_saved(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = "untitled:Untitled-1"
            client.open(uri, LOST)
            await client.diagnostics(uri, "RNN101")

    play(scene())


# ---------------------------------------------------------------------------------------------------------------------
# The project around a file


def test_settings_are_read_again_when_they_change(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            settings, uri = folder / "pyproject.toml", (folder / "model.py").as_uri()
            await client.until(lambda: "**/*.toml" in client.watchers)
            client.open(uri, LOST)
            await client.diagnostics(uri, "RNN101")
            write(settings, '[tool.rnnlint]\nignore = ["RNN101", "RNN102"]\n')
            client.watched(settings.as_uri())
            await client.diagnostics(uri)
            write(settings, '[tool.rnnlint]\nignor = ["RNN101"]\n')
            client.watched(settings.as_uri())
            (message,) = await client.until(lambda: client.messages)
            assert message.type == types.MessageType.Error
            assert "pyproject.toml:2" in message.message
            assert "did you mean 'ignore'?" in message.message
            write(settings, '[tool.rnnlint]\nextend-exclude = ["model.py"]\n')
            assert await client.after(uri, lambda: client.watched(settings.as_uri())) == []
            write(settings, "[tool.rnnlint]\n")
            client.watched(settings.as_uri())
            await client.diagnostics(uri, "RNN101")

    play(scene())


def test_imports_are_followed_into_what_is_not_saved_yet(folder: Path) -> None:
    write(folder / "setting.py", "rate = 0.0\n")
    text = "from setting import rate\n" + LOST.replace("0.5", "rate")

    async def scene() -> None:
        async with editor(folder) as client:
            model, setting = (folder / "model.py").as_uri(), (folder / "setting.py").as_uri()
            client.open(model, text)
            await client.diagnostics(model)
            client.open(setting, "rate = 0.0\n")
            client.rewrite(setting, "rate = 0.5\n")
            await client.diagnostics(model, "RNN101")
            # Closed without saving: what stands on the disk holds again.
            client.close(setting)
            await client.diagnostics(model)
            write(folder / "setting.py", "rate = 0.25\n")
            client.watched(setting)
            await client.diagnostics(model, "RNN101")
            (folder / "setting.py").unlink()
            client.watched(setting, types.FileChangeType.Deleted)
            await client.diagnostics(model)

    play(scene())


def test_findings_of_the_baseline_are_not_shown(folder: Path) -> None:
    write(folder / "pyproject.toml", '[tool.rnnlint]\nbaseline = "known.json"\nunsafe-fixes = false\n')
    write(folder / "model.py", LOST)
    command = [sys.executable, "-m", "rnnlint", "check", "--write-baseline", "--quiet"]
    subprocess.run(command, check=True, cwd=folder, env=environ(), timeout=TIMEOUT)

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, "# a new line\n" + LOST)
            await client.diagnostics(uri)
            client.rewrite(uri, LOST + STEPS)
            (found,) = await client.diagnostics(uri, "RNN102")
            assert list(await client.actions(uri, found.range)) == ["Suppress with `# noqa: RNN102`"]

    play(scene())


BLOCKS = """\
from keras import layers

DROP = layers.Dropout(0.5)
"""
MAIN = """\
from blocks import DROP
from keras import Input, Sequential, layers

model = Sequential([Input((20, 1)), DROP, layers.LSTM(8)])
"""


def test_a_finding_in_a_module_that_another_file_makes_a_model_of(folder: Path) -> None:
    write(folder / "blocks.py", BLOCKS)

    async def scene() -> None:
        async with editor(folder) as client:
            blocks, main = (folder / "blocks.py").as_uri(), (folder / "main.py").as_uri()
            client.open(blocks, BLOCKS)
            await client.diagnostics(blocks)
            client.open(main, MAIN)
            (found,) = await client.diagnostics(blocks, "RNN101")
            assert covered(BLOCKS, found.range) == "layers.Dropout(0.5)"
            places = {one.location.uri: one.location.range for one in found.related_information or []}
            assert covered(MAIN, places[main]) == "layers.LSTM(8)"
            client.rewrite(blocks, "\n" + BLOCKS)
            await client.until(lambda: client.published[blocks].version == 2)
            (found,) = await client.diagnostics(blocks, "RNN101")
            assert found.range.start.line == 3
            client.rewrite(main, MAIN.replace("DROP, ", ""))
            await client.diagnostics(blocks)

    play(scene())


# ---------------------------------------------------------------------------------------------------------------------
# Code actions and hovers


@pytest.mark.parametrize("versioned", [True, False])
def test_a_safe_fix(folder: Path, versioned: bool) -> None:
    text = 'note = "\N{ROCKET}"\r\n'.replace("\r", "") + BATCH

    async def scene() -> None:
        async with editor(folder, capabilities(versioned=versioned)) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            (found,) = await client.diagnostics(uri, "RNN105")
            actions = await client.actions(uri, types.Range(found.range.start, found.range.start))
            (fix,) = (one for one in actions.values() if one.is_preferred)
            assert "RNN105" in fix.title
            assert "unsafe" not in fix.title
            assert fix.kind == types.CodeActionKind.QuickFix
            assert list(fix.diagnostics or ()) == [found]
            assert fix.edit is not None
            assert (fix.edit.document_changes is not None) is versioned
            edits = changes(fix)
            assert list(edits) == [uri]
            assert applied(text, edits[uri]) == text.replace(BATCH, ANY_BATCH)
            client.change(uri, *[types.TextDocumentContentChangePartial(one.range, one.new_text) for one in edits[uri]])
            await client.diagnostics(uri)

    play(scene())


def test_an_unsafe_fix_says_so(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, STEPS)
            (found,) = await client.diagnostics(uri, "RNN102")
            actions = await client.actions(uri, found.range)
            (fix,) = (one for one in actions.values() if "unsafe" in one.title)
            assert fix.is_preferred is False
            assert applied(STEPS, changes(fix)[uri]) == STEPS.replace("layers.Dropout", "layers.SpatialDropout1D")
            # Nothing to fix elsewhere, and nothing safe to fix at all.
            assert await client.actions(uri, span(0, 0, 4)) == {}
            assert await client.actions(uri, found.range, ["source"]) == {}
            assert await client.actions(uri, found.range, ["refactor"]) == {}

    play(scene())


def test_a_comment_that_suppresses(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST)
            (found,) = await client.diagnostics(uri, "RNN101")
            action = (await client.actions(uri, found.range, ["quickfix"]))["Suppress with `# noqa: RNN101`"]
            after = applied(LOST, changes(action)[uri])
            assert after == LOST.replace("Dropout(0.5))\n", "Dropout(0.5))  # noqa: RNN101\n")
            client.rewrite(uri, after)
            await client.diagnostics(uri)

    play(scene())


def test_all_safe_fixes_at_once(folder: Path) -> None:
    text = BATCH + BATCH.replace("model", "other").partition("\n\n")[2] + STEPS.partition("\n\n")[2]
    after = text.replace("(32, ", "(None, ")

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            await client.diagnostics(uri, "RNN105", "RNN105", "RNN102")
            for only in (["source.fixAll.rnnlint"], ["source.fixAll"], ["source"]):
                ((_, action),) = (await client.actions(uri, span(0, 0, 0), only)).items()
                assert action.kind == "source.fixAll.rnnlint"
                assert applied(text, changes(action)[uri]) == after
            # At once after a change, as on saving, it is about the text as it is now.
            client.rewrite(uri, "# a new line\n" + text)
            ((_, action),) = (await client.actions(uri, span(0, 0, 0), ["source.fixAll"])).items()
            assert applied("# a new line\n" + text, changes(action)[uri]) == "# a new line\n" + after

    play(scene())


def test_hover_shows_the_page_of_the_rule(folder: Path) -> None:
    text = LOST.replace("LSTM(8))", "LSTM(8))  # noqa: RNN202, E501")

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, text)
            (found,) = await client.diagnostics(uri, "RNN101")
            hover = await client.hover(uri, found.range.start.line, found.range.start.character + 3)
            assert hover is not None
            assert isinstance(hover.contents, types.MarkupContent)
            assert hover.contents.kind == types.MarkupKind.Markdown
            assert hover.contents.value.startswith("# RNN101 ")
            assert hover.range == found.range
            comment = await client.hover(uri, 5, text.split("\n")[5].index("RNN202") + 2)
            assert comment is not None
            assert isinstance(comment.contents, types.MarkupContent)
            assert comment.contents.value.startswith("# RNN202 ")
            assert "](RNN" not in comment.contents.value
            assert await client.hover(uri, 0, 2) is None
            assert await client.hover(uri, 5, text.split("\n")[5].index("E501") + 2) is None

    play(scene())


# ---------------------------------------------------------------------------------------------------------------------
# Notebooks

CELLS = (
    "from keras import Input, Sequential, layers\nmodel = Sequential()",
    '%matplotlib inline\nmodel.add(Input((20, 1)))\nnote = "\N{ROCKET}"; model.add(layers.Dropout(0.5))',
    "model.add(layers.LSTM(8))",
)


def notebook(uri: str, *cells: str) -> types.DidOpenNotebookDocumentParams:
    code = types.NotebookCellKind.Code
    names = [f"vscode-notebook-cell:{uri.partition(':')[2]}#W{number}" for number, _ in enumerate(cells)]
    document = types.NotebookDocument(uri, "jupyter-notebook", 1, [types.NotebookCell(code, name) for name in names])
    items = [types.TextDocumentItem(name, "python", 1, text) for name, text in zip(names, cells, strict=True)]
    return types.DidOpenNotebookDocumentParams(document, items)


def test_cells_of_a_notebook(folder: Path) -> None:
    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.ipynb").as_uri()
            opened = notebook(uri, *CELLS)
            first, second, third = (one.uri for one in opened.cell_text_documents)
            client.notebook_document_did_open(opened)
            (found,) = await client.diagnostics(second, "RNN101")
            assert covered(CELLS[1], found.range) == "layers.Dropout(0.5)"
            assert third in {one.location.uri for one in found.related_information or []}
            await client.diagnostics(first)
            hover = await client.hover(second, found.range.start.line, found.range.start.character)
            assert hover is not None
            actions = await client.actions(second, found.range)
            action = actions["Suppress with `# noqa: RNN101`"]
            assert list(changes(action)) == [second]
            assert applied(CELLS[1], changes(action)[second]) == CELLS[1] + "  # noqa: RNN101"
            # The text of a cell changes, ...
            change = types.NotebookDocumentCellContentChanges(
                types.VersionedTextDocumentIdentifier(2, third), [part(0, 0, 25, "model.add(layers.Flatten())")]
            )
            client.notebook_document_did_change(changed(uri, 2, text_content=[change]))
            await client.diagnostics(second)
            # ... a cell is put in front of it, ...
            added = types.TextDocumentItem("vscode-notebook-cell:new#W9", "python", 1, "model.add(layers.LSTM(8))")
            cell = types.NotebookCell(types.NotebookCellKind.Code, added.uri)
            structure = types.NotebookDocumentCellChangeStructure(
                types.NotebookCellArrayChange(2, 0, [cell]), did_open=[added]
            )
            client.notebook_document_did_change(changed(uri, 3, structure=structure))
            await client.diagnostics(second, "RNN101")
            # ... and the one with the finding is taken out.
            gone = types.NotebookDocumentCellChangeStructure(
                types.NotebookCellArrayChange(1, 1), did_close=[types.TextDocumentIdentifier(second)]
            )
            client.notebook_document_did_change(changed(uri, 4, structure=gone))
            await client.diagnostics(second)
            identifier = types.NotebookDocumentIdentifier(uri)
            left = [types.TextDocumentIdentifier(one) for one in (first, added.uri, third)]
            await client.after(
                first,
                lambda: client.notebook_document_did_close(types.DidCloseNotebookDocumentParams(identifier, left)),
            )

    play(scene())


def changed(uri: str, version: int, **what: Any) -> types.DidChangeNotebookDocumentParams:
    cells = types.NotebookDocumentCellChanges(**what)
    document = types.VersionedNotebookDocumentIdentifier(version, uri)
    return types.DidChangeNotebookDocumentParams(document, types.NotebookDocumentChangeEvent(cells=cells))


def test_fixes_in_the_cells_of_a_notebook(folder: Path) -> None:
    imports, _, model = BATCH.partition("\n\n")

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.ipynb").as_uri()
            opened = notebook(uri, imports, model)
            first, second = (one.uri for one in opened.cell_text_documents)
            client.notebook_document_did_open(opened)
            (found,) = await client.diagnostics(second, "RNN105")
            actions = await client.actions(second, found.range)
            (fix,) = (one for one in actions.values() if one.is_preferred)
            (everything,) = (await client.actions(first, span(0, 0, 0), ["source.fixAll"])).values()
            for action in (fix, everything):
                assert list(changes(action)) == [second]
                assert applied(model, changes(action)[second]) == ANY_BATCH.partition("\n\n")[2]

    play(scene())


def test_a_notebook_that_is_open_as_text(folder: Path) -> None:
    imports, _, model = BATCH.partition("\n\n")
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["\N{ROCKET}"]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": [imports + "\n", model],
        },
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    after = text.replace("(32, ", "(None, ")

    async def scene() -> None:
        async with editor(folder) as client:
            uri = (folder / "model.ipynb").as_uri()
            client.open(uri, text, "json")
            (found,) = await client.diagnostics(uri, "RNN105")
            assert covered(text, found.range) == "layers.Dropout(0.5, noise_shape=(32, 1, 64))"
            actions = await client.actions(uri, found.range)
            (fix,) = (one for one in actions.values() if one.is_preferred)
            (everything,) = (await client.actions(uri, span(0, 0, 0), ["source.fixAll"])).values()
            for action in (fix, everything):
                assert applied(text, changes(action)[uri]) == after
            client.rewrite(uri, text[:-20])
            await client.diagnostics(uri, "invalid-syntax")
            client.rewrite(uri, after, version=3)
            await client.diagnostics(uri)

    play(scene())


# ---------------------------------------------------------------------------------------------------------------------
# Bad days


def test_a_file_beyond_the_limits_does_not_keep_others_waiting(folder: Path) -> None:
    deep = LOST + "x = " + "(" * 5000 + ")" * 5000 + "\n"

    async def scene() -> None:
        async with editor(folder) as client:
            hostile, model = (folder / "hostile.py").as_uri(), (folder / "model.py").as_uri()
            client.open(hostile, deep)
            client.open(model, LOST)
            await client.diagnostics(model, "RNN101")
            await client.diagnostics(hostile, "too-complex")

    play(scene())


def test_modules_of_the_project_do_not_take_the_place_of_pythons_own(folder: Path, tmp_path_factory: Any) -> None:
    for name in ("pickle", "random", "socket", "tempfile", "threading", "types"):
        write(folder / f"{name}.py", "raise SystemExit('a module of the project was imported')\n")
    # As the installed command is: nothing of the current folder is on its path.
    main = "from rnnlint.cli import main\n\nif __name__ == '__main__':\n    main()\n"
    script = write(tmp_path_factory.mktemp("bin") / "rnnlint", main)

    async def scene() -> None:
        async with editor(folder, command=(sys.executable, str(script), "server", "--stdio")) as client:
            uri = (folder / "model.py").as_uri()
            client.open(uri, LOST)
            await client.diagnostics(uri, "RNN101")

    play(scene())


def test_stdout_is_for_the_protocol_alone(folder: Path) -> None:
    model = {"uri": (folder / "model.py").as_uri(), "languageId": "python", "version": 1, "text": LOST}
    sent: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": model}},
        # It is answered once the document was looked at.
        {
            "id": 2,
            "method": "textDocument/hover",
            "params": {"textDocument": {"uri": model["uri"]}, "position": {"line": 4, "character": 12}},
        },
    ]
    with subprocess.Popen(
        COMMAND, cwd=folder, env=environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for message in sent:
            server.stdin.write(frame(message))
        server.stdin.flush()
        seen: list[dict[str, Any]] = []
        while not any(one.get("id") == 2 for one in seen):
            seen.append(unframed(server.stdout))
        for message in ({"id": 3, "method": "shutdown"}, {"method": "exit"}):
            server.stdin.write(frame(message))
        server.stdin.flush()
        seen.append(unframed(server.stdout))
        assert server.stdout.read() == b""
        assert server.wait(TIMEOUT) == 0
    assert [one.get("id") for one in seen] == [1, None, 2, 3]
    assert seen[2]["result"]["contents"]["value"].startswith("# RNN101 ")


def frame(message: dict[str, Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def unframed(stream: IO[bytes]) -> dict[str, Any]:
    headers = dict(line.split(b": ") for line in iter(lambda: stream.readline().strip(), b""))
    found: dict[str, Any] = json.loads(stream.read(int(headers[b"Content-Length"])))
    return found


def test_a_job_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("/nowhere/model.py", LOST)

    async def scene() -> None:
        pool = Pool()
        try:
            outdated = asyncio.Event()
            (found,) = (await pool.ask(job, outdated)).findings
            assert found.code == "RNN101"
            with monkeypatch.context() as patch:
                patch.setattr("rnnlint.server.pool.LIMIT", 0.0)
                (worker,) = pool._idle
                os.kill(worker.pid, signal.SIGSTOP)  # however busy the machine is, it does not answer
                with pytest.raises(FailedError, match="took longer"):
                    await pool.ask(job, outdated)
            with monkeypatch.context() as patch:
                patch.setattr("rnnlint.server.pool.PATIENCE", 0.0)
                asked = asyncio.ensure_future(pool.ask(job, outdated))
                await asyncio.sleep(0)
                outdated.set()
                with pytest.raises(OutdatedError):
                    await asked
            with pytest.raises(OutdatedError):
                await pool.ask(job, outdated)
            # A process that dies takes nothing with it but its own job.
            asked = asyncio.ensure_future(pool.ask(job, asyncio.Event()))
            await asyncio.sleep(0)
            (worker,) = pool._busy
            worker.kill()
            with pytest.raises(FailedError, match="died"):
                await asked
            assert len((await pool.ask(job, asyncio.Event())).findings) == 1
        finally:
            pool.close()

    play(scene())


def test_an_editor_that_goes_away_without_a_word(folder: Path) -> None:
    done = subprocess.run(
        COMMAND, check=False, cwd=folder, env=environ(), input=b"", capture_output=True, timeout=TIMEOUT
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("pygls", "rnnlint.server"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pygls", None)
    result = CliRunner().invoke(cli, ["server"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "error: the language server needs an extra: pip install 'rnnlint[server]'\n"


def test_help() -> None:
    result = CliRunner().invoke(cli, ["server", "--help"])
    assert result.exit_code == 0
    assert "--stdio" in result.output
    assert "pip install 'rnnlint[server]'" in result.output


def test_other_commands_do_not_import_it(folder: Path) -> None:
    write(folder / "model.py", LOST)
    code = (
        "import sys, rnnlint.cli.program\n"
        "try:\n    rnnlint.cli.program.cli(['check', '--quiet'])\n"
        "except SystemExit as end:\n    assert end.code == 1\n"
        "heavy = ('pygls', 'lsprotocol', 'asyncio', 'rnnlint.server')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, check=False, cwd=folder, env=environ(), capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
