"""The language server itself: which requests and notifications of an editor are served, and how it is started."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException

from rnnlint.server.actions import FIX_ALL, actions, hover
from rnnlint.server.documents import Server

# Seconds without a further change before a text is looked at.
PAUSE = 0.25
SUFFIXES = (".py", ".pyw", ".ipynb")
# Modules, and files that say which settings hold, and which Keras.
WATCHED = tuple(
    f"**/{name}"
    for name in ("*.py", "*.toml", "*.cfg", "*.lock", "*.txt", "*.in", "*.{yml,yaml}", "Pipfile", "*baseline*")
)


def make(folder: str, prepare: Callable[[], None] | None = None) -> Server:
    """The server with its handlers; `folder` and `prepare` are as `Server` says."""
    server = Server(folder, prepare)
    _session(server)
    _documents(server)
    _notebooks(server)
    _requests(server)
    return server


def _session(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def _initialize(_: types.InitializeParams) -> None:
        server.keep_documents()

    @server.feature(types.INITIALIZED)
    async def _initialized(_: types.InitializedParams) -> None:
        server.pool.warm_up()
        workspace = server.client_capabilities.workspace
        watching = workspace and workspace.did_change_watched_files
        if watching and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("rnnlint-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            # One that refuses all the same shows what it opens and saves.
            with suppress(JsonRpcException):
                await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.SHUTDOWN)
    def _shutdown(_: None) -> None:
        server.ended = True
        server.end()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        # Settings, pins, and modules that were not there before are for everybody.
        plain = all(one.type == types.FileChangeType.Changed and one.uri.endswith(".py") for one in params.changes)
        paths = {os.path.realpath(path) for one in params.changes if (path := uris.to_fs_path(one.uri))}
        for opened in list(server.opened.values()):
            if not plain or (opened.result and opened.result.answer.read & paths):
                server.schedule(opened)


def _documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        cell = uris.uri_scheme(document.uri) == "vscode-notebook-cell"
        if not cell and (document.language_id == "python" or server.path(document.uri).endswith(SUFFIXES)):
            server.open(document.uri, notebook=False)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: types.DidChangeTextDocumentParams) -> None:
        server.change(params.text_document.uri, PAUSE)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveTextDocumentParams) -> None:
        server.change(params.text_document.uri, 0.0)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)


def _notebooks(server: Server) -> None:
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def _opened(params: types.DidOpenNotebookDocumentParams) -> None:
        server.open(params.notebook_document.uri, notebook=True)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def _changed(params: types.DidChangeNotebookDocumentParams) -> None:
        server.change(params.notebook_document.uri, PAUSE)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveNotebookDocumentParams) -> None:
        server.change(params.notebook_document.uri, 0.0)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def _closed(params: types.DidCloseNotebookDocumentParams) -> None:
        server.close(params.notebook_document.uri)


def _requests(server: Server) -> None:
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    async def _actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await actions(server, params)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def _hover(params: types.HoverParams) -> types.Hover | None:
        return await hover(server, params)


def serve(reader: BinaryIO, writer: BinaryIO, folder: str, prepare: Callable[[], None] | None = None) -> int:
    """Talk to the editor by two streams until it says goodbye; the exit status. The rest is as for `Server`."""
    server = make(folder, prepare)
    try:
        server.start_io(reader, writer)
    finally:
        server.end()
    return 0 if server.ended else 1
