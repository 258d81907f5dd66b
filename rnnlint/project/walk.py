"""Which files are linted, and which of them must not reach the parser."""

from __future__ import annotations

import ast
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rnnlint.records import dataclass

if TYPE_CHECKING:
    from pathspec import PathSpec

    from rnnlint.findings import Diagnostic, DiagnosticKind
    from rnnlint.prefilter.outline import Outline
    from rnnlint.settings.settings import Patterns, Settings
    from rnnlint.source.source import Source

SUFFIXES = (".py", ".ipynb")
# In characters: comments and strings cost libcst next to nothing, and what is denser is refused for its nodes below.
MAX_SOURCE = 4_000_000
# The same for a file that `ast` refuses, whose nodes cannot be counted: libcst needs up to 3 KB per character.
MAX_UNREAD = 400_000
# libcst's time and memory grow with the square of the nesting, and its parser dies beyond 1,200 brackets.
MAX_BRACKETS = 200
MAX_DEPTH = 200
MAX_ELIFS = 600
# What `ast` keeps flat and libcst nests: `and` and `or`, strings in a row, the loops of a comprehension, the dots of an
# import. Its parser dies beyond some thousand of them, its generator on Python 3.12 beyond 600.
MAX_CHAIN = 600
# libcst, the interpreter and the checks need 2 to 8 KB of memory per node of the `ast`, names' contexts not counted: a
# file needs up to 1.2 GB. 20,000 layers are 140,000 nodes, and so are some 20,000 lines of code without comments.
MAX_NODES = 150_000


class MissingPathError(Exception):
    """A path on the command line that does not exist: a usage error."""

    def __init__(self, path: str) -> None:
        super().__init__(f"path '{path}' does not exist")
        self.path = path


# ---------------------------------------------------------------------------------------------------------------------
# Discovery


@dataclass
class Discovered:
    """The files to lint, sorted, each once, spelled as the user spelled their folder; and what could not be read.

    `looks` are the files' status, and whether they are symbolic links.
    """

    files: list[str] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    looks: dict[str, tuple[os.stat_result, bool]] = field(default_factory=dict)


def discover(paths: Iterable[str | os.PathLike[str]], settings: Callable[[str], Settings]) -> Discovered:
    """Find the `.py` and `.ipynb` files below the given paths; `settings` resolves the settings of a path.

    A file that is named is taken whatever its suffix, excluded or not, unless `force-exclude` is set. Links to folders
    are not followed below a given path; a file that is reached twice is taken once.

    Raises:
        MissingPathError: where a given path does not exist.
    """
    found = Discovered()
    chosen: dict[tuple[int, int] | str, tuple[bool, str, os.stat_result]] = {}
    for given in paths:
        path = os.path.normpath(os.fspath(given))
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            if not os.path.islink(path):
                raise MissingPathError(os.fspath(given)) from None
            found.diagnostics.append(_unreadable(path, "broken symbolic link"))
            continue
        folder = stat.S_ISDIR(status.st_mode)
        resolved = settings(os.path.join(path, "-") if folder else path)
        if resolved.force_exclude and resolved.excludes(path, is_dir=folder):
            continue
        reached = _Walk(path, settings, found.diagnostics) if folder else [(os.path.islink(path), path, status)]
        for one in reached:
            _, name, status = one
            # On Windows what a folder says of its files is without inode.
            key = (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(name)
            known = chosen.get(key)
            if known is None or one[:2] < known[:2]:
                chosen[key] = one
    looks = {path: (status, link) for link, path, status in chosen.values()}
    found.files = sorted(looks)
    found.looks = looks
    found.diagnostics.sort(key=lambda one: one.span)
    return found


class _Walk:
    """The Python files and notebooks below one given folder, each with its status and whether it is a link."""

    def __init__(self, root: str, settings: Callable[[str], Settings], diagnostics: list[Diagnostic]) -> None:
        self._root = root
        self._settings = settings
        self._diagnostics = diagnostics
        self._rebased: dict[int, tuple[Patterns, ...]] = {}

    def __iter__(self) -> Iterator[tuple[bool, str, os.stat_result]]:
        ignores: tuple[_Ignore, ...] = ()
        if self._settings(os.path.join(self._root, "-")).respect_gitignore:
            ignores = _ignores_above(self._root)
        # `absolute + folder[cut:]` is the absolute path of a folder, much sooner than by `os.path.abspath`.
        absolute, cut = os.path.abspath(self._root), len(self._root)
        if self._root == os.curdir:
            absolute, cut = os.path.join(absolute, ""), 0
        waiting = [(self._root, ignores)]
        while waiting:
            folder, ignores = waiting.pop()
            try:
                folders, files, git = _listed(folder)
            except OSError as error:
                self._diagnostics.append(_unreadable(folder, error.strerror or str(error)))
                continue
            if not folders and not files:
                continue
            if ".git" not in git:
                _without_git.add(absolute + folder[cut:])
            prefix = "" if folder == os.curdir else os.path.join(folder, "")
            settings = self._settings(prefix + "-")
            ignores = self._ignores(folder, git, ignores) if settings.respect_gitignore else ()
            unwanted = self._unwanted(folder, settings, ignores)
            waiting += [(prefix + name, ignores) for name in folders if not unwanted(name, True)]
            for entry in files:
                if not unwanted(entry.name, False):
                    path = prefix + entry.name
                    status = self._status(path, entry)
                    if status is not None:
                        yield entry.is_symlink(), path, status

    def _ignores(self, folder: str, git: set[str], above: tuple[_Ignore, ...]) -> tuple[_Ignore, ...]:
        """The ignore files that hold in a folder with these names of git's, outermost first."""
        if ".git" in git and folder != self._root:
            # Another repository inside this one: its own rules hold, as for git itself.
            above = _load_ignore(folder, os.path.join(folder, ".git", "info", "exclude"))
        if ".gitignore" in git:
            above = (*above, *_load_ignore(folder, os.path.join(folder, ".gitignore")))
        return above

    def _unwanted(self, folder: str, settings: Settings, ignores: tuple[_Ignore, ...]) -> Callable[[str, bool], bool]:
        """Whether a name in the folder is excluded or ignored. What lies above was asked before."""
        matchers = [one.inside(folder) for one in self._excludes(settings)]
        absolute = os.path.join(os.path.abspath(folder), "") if ignores else ""
        ignored = [one.inside(absolute) for one in reversed(ignores)]

        def unwanted(name: str, is_dir: bool) -> bool:
            for match in matchers:
                if match(name, is_dir):
                    return True
            for verdict in ignored:
                if (said := verdict(name, is_dir)) is not None:
                    return said
            return False

        return unwanted

    def _status(self, path: str, entry: os.DirEntry[str]) -> os.stat_result | None:
        try:
            status = entry.stat()
        except OSError as error:
            reason = "broken or circular symbolic link" if entry.is_symlink() else error.strerror or str(error)
            self._diagnostics.append(_unreadable(path, reason))
            return None
        if stat.S_ISREG(status.st_mode):
            return status
        if not stat.S_ISDIR(status.st_mode):
            self._diagnostics.append(_unreadable(path, "not a regular file"))
        return None

    def _excludes(self, settings: Settings) -> tuple[Patterns, ...]:
        """As `Settings.exclude`; but what matches the given folder itself, or one above it, does not count."""
        patterns = self._rebased.get(id(settings))
        if patterns is None:
            root = os.path.abspath(self._root)
            patterns = tuple(
                replace(one, base=root) if one.match(root, is_dir=True) else one for one in settings.exclude
            )
            self._rebased[id(settings)] = patterns
        return patterns


def _listed(folder: str) -> tuple[list[str], list[os.DirEntry[str]], set[str]]:
    """The folders in a folder, its scripts and notebooks, and which names of git's there are."""
    folders: list[str] = []
    files: list[os.DirEntry[str]] = []
    git: set[str] = set()
    with os.scandir(folder) as scan:
        for entry in scan:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(name)
            elif name.endswith(SUFFIXES) and not name.startswith(".#"):
                files.append(entry)
            if name.startswith(".git"):
                git.add(name)
    return folders, files, git


def _unreadable(path: str, reason: str) -> Diagnostic:
    from rnnlint.source.source import diagnose

    return diagnose(path, "io-error", f"cannot read {path}: {reason}")


@dataclass(frozen=True)
class _Ignore:
    """One ignore file; its patterns are relative to `base`, an absolute path with a trailing separator.

    Where patterns are `plain`, without a slash but at the end, they speak of names, whatever folder these are in.
    """

    base: str
    spec: PathSpec[Any]
    plain: bool
    _known: dict[str, bool | None] = field(default_factory=dict, compare=False)

    def inside(self, folder: str) -> Callable[[str, bool], bool | None]:
        """Whether a name in a folder (absolute, with a trailing separator) is ignored; None where that is not said."""
        above = "" if self.plain else folder[len(self.base) :].replace(os.sep, "/")

        def verdict(name: str, is_dir: bool) -> bool | None:
            relative = above + name + "/" * is_dir
            if relative not in self._known:
                self._known[relative] = self.spec.check_file(relative).include
            return self._known[relative]

        return verdict


def _ignores_above(root: str) -> tuple[_Ignore, ...]:
    """The ignore files that hold in a folder: those of its git work tree above it, outermost first."""
    folder = os.path.abspath(root)
    top = git_root(folder)
    if top is None:
        return ()
    found = list(_load_ignore(top, os.path.join(top, ".git", "info", "exclude")))
    between = [folder]
    while between[-1] != top:
        between.append(os.path.dirname(between[-1]))
    for one in reversed(between[1:]):
        found += _load_ignore(one, os.path.join(one, ".gitignore"))
    # Of a folder that was named although git ignores it, those files would ignore everything.
    return () if _ignored(found, folder, is_dir=True) else tuple(found)


def _load_ignore(folder: str, path: str) -> tuple[_Ignore, ...]:
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8-sig", "replace")
    except OSError:
        return ()
    from pathspec import GitIgnoreSpec

    lines = text.split("\n")
    plain = not any("/" in line.strip()[:-1] for line in lines if not line.startswith("#"))
    spec = GitIgnoreSpec([pattern for line in lines for pattern in _patterns(line)])
    return (_Ignore(os.path.join(os.path.abspath(folder), ""), spec, plain),)


@lru_cache(maxsize=4096)
def _patterns(line: str) -> tuple[Any, ...]:
    """The pattern of a line, if it has one. Projects have many lines in common, of the same templates."""
    from pathspec import GitIgnoreSpec

    try:
        return tuple(one for one in GitIgnoreSpec.from_lines([line]).patterns if one.include is not None)
    except ValueError:
        return ()  # git, too, takes no notice of a pattern that it cannot read


def _ignored(ignores: Sequence[_Ignore], path: str, is_dir: bool) -> bool:
    """Whether git ignores a path: the innermost ignore file that speaks of it decides."""
    if not ignores:
        return False
    absolute = os.path.abspath(path)
    for ignore in reversed(ignores):
        if absolute.startswith(ignore.base):
            relative = absolute[len(ignore.base) :].replace(os.sep, "/") + "/" * is_dir
            verdict = ignore.spec.check_file(relative).include
            if verdict is not None:
                return verdict
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Projects

_GIT = (".git",)
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
# By names: of folders the nearest one, at or above them, that holds one of these. It is remembered for one run.
_nearest: dict[tuple[str, ...], dict[str, str | None]] = {_GIT: {}, _PROJECT_FILES: {}}
# Folders that a walk has seen to hold no `.git`.
_without_git: set[str] = set()


def git_root(folder: str) -> str | None:
    """The git work tree that a folder (absolute) stands in."""
    return _above(folder, _GIT)


def project_root(folder: str) -> str | None:
    """The project that a folder (absolute) stands in: its git work tree, else the nearest folder that is packaged."""
    return git_root(folder) or _above(folder, _PROJECT_FILES)


def _above(folder: str, names: tuple[str, ...]) -> str | None:
    known = _nearest[names]
    climbed: list[str] = []
    while folder not in known:
        climbed.append(folder)
        parent = os.path.dirname(folder)
        if _holds(folder, names):
            known[folder] = folder
        elif parent == folder:
            known[folder] = None
        else:
            folder = parent
    found = known[folder]
    known.update(dict.fromkeys(climbed, found))
    return found


def _holds(folder: str, names: tuple[str, ...]) -> bool:
    if names is _GIT and folder in _without_git:
        return False
    return any(os.path.exists(os.path.join(folder, name)) for name in names)


def forget() -> None:
    """Ask the disk anew where projects are."""
    for known in _nearest.values():
        known.clear()
    _without_git.clear()


# ---------------------------------------------------------------------------------------------------------------------
# What must not reach libcst


def guard(source: Source) -> Diagnostic | None:
    """Why a source must not reach libcst, or None: too large, nested too deeply, or not Python 3.

    `ast` is the judge where it can be; what it refuses otherwise may be syntax newer than the running Python, and
    goes on to libcst within the same limits.
    """
    from rnnlint.source import syntax

    text = source.text
    if len(text) > MAX_SOURCE:
        return _too_large(source, MAX_SOURCE)
    found = syntax.extremes(text)
    if found.depth > MAX_BRACKETS:
        message = f"brackets nest {found.depth:,} deep, more than the limit of {MAX_BRACKETS}; split the expression"
        return _at(source, "too-complex", message, *syntax.place(text, found.depth_at))
    if found.strings > MAX_CHAIN:
        message = f"{found.strings:,} strings in a row, more than the limit of {MAX_CHAIN:,}; join them"
        return _at(source, "too-complex", message, *syntax.place(text, found.strings_at))
    if found.parts > 2 * MAX_NODES:
        return _too_many(source)  # `ast` would need up to half a KB of memory per character to say so
    tree = syntax.parse(text)
    if isinstance(tree, syntax.SyntaxProblem):
        if tree.deep:
            return _at(source, "too-complex", tree.message, tree.row, tree.column)
        if what := syntax.python_2(text, tree.row):
            message = f"Python 2 syntax: {what}; rnnlint reads Python 3"
            return _at(source, "invalid-syntax", message, tree.row, tree.column)
        if found.chain > MAX_DEPTH or len(_ELIF.findall(text)) > MAX_ELIFS or len(text) > MAX_UNREAD:
            return _at(source, "invalid-syntax", tree.message, tree.row, tree.column)
        return None
    return _too_deep(source, tree)


def is_harmless(text: str, taken: Outline) -> bool:
    """Whether what is known of a text that `ast` reads is enough to see that `guard` would let it pass.

    Brackets nest no deeper than `ast` allows, which is `MAX_BRACKETS`.
    """
    if max(taken.depth - MAX_DEPTH, taken.longest - MAX_CHAIN, taken.size - MAX_NODES, len(text) - MAX_SOURCE) > 0:
        return False
    # Quotes bound the strings in a row.
    if len(text) <= 2 * MAX_NODES and text.count('"') + text.count("'") < 2 * MAX_CHAIN:
        return True
    from rnnlint.source import syntax

    found = syntax.extremes(text)
    return found.strings <= MAX_CHAIN and found.parts <= 2 * MAX_NODES


_ELIF = re.compile(r"\belif\b")


def _at(source: Source, kind: DiagnosticKind, message: str, row: int, column: int) -> Diagnostic:
    from rnnlint.findings import Diagnostic

    return Diagnostic(kind, message, source.span(row, column, row, column + 1))


def _too_large(source: Source, limit: int) -> Diagnostic:
    rows = source.text.count("\n") + 1
    message = (
        f"{source.path} holds {len(source.text):,} characters of code in {rows:,} lines, more than the limit of "
        f"{limit:,}; split it, or exclude it if it holds data"
    )
    return _at(source, "too-complex", message, 1, 1)


def _too_many(source: Source) -> Diagnostic:
    rows = source.text.count("\n") + 1
    message = (
        f"{source.path} holds more than {MAX_NODES:,} names, calls and numbers in {rows:,} lines, which is beyond the "
        "limit; split it, or exclude it if it holds data"
    )
    return _at(source, "too-complex", message, 1, 1)


def _too_deep(source: Source, tree: ast.Module) -> Diagnostic | None:
    """The depth of a tree, level by level. An `elif` is on the level of its `if`; a chain of them counts by itself."""
    level: list[ast.AST] = [tree]
    depth = nodes = 0
    where: ast.AST = tree
    while level:
        depth += 1
        where = next((node for node in level if hasattr(node, "lineno")), where)
        if depth > MAX_DEPTH:
            return _deep_at(source, where, f"the code nests more than {MAX_DEPTH} levels deep; split it")
        inner: list[ast.AST] = []
        for node in level:
            kind = type(node)
            if kind in _LEAVES:
                continue
            if kind in _CHAINED and (links := _links(node)) > MAX_CHAIN:
                return _deep_at(source, node, f"{links:,} links in one chain, more than {MAX_CHAIN:,}; split it")
            if kind is ast.If:
                elifs = 0
                while isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
                    inner.append(node.test)
                    inner += node.body
                    node = node.orelse[0]  # noqa: PLW2901
                    elifs += 1
                if elifs > MAX_ELIFS:
                    message = f"an if statement has more than {MAX_ELIFS:,} elif branches; split it"
                    return _deep_at(source, node, message)
            # `ast.iter_child_nodes` takes four times as long.
            for value in node.__dict__.values():
                if isinstance(value, ast.AST):
                    if not isinstance(value, ast.expr_context):
                        inner.append(value)
                elif type(value) is list:
                    inner += [one for one in value if isinstance(one, ast.AST)]
        nodes += len(inner)
        if nodes > MAX_NODES:
            return _too_many(source)
        level = inner
    return None


# Nodes in which no other stands, and those that are one for `ast` and a nest of them for libcst.
_LEAVES = frozenset((ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, *ast.operator.__subclasses__()))
_CHAINED = frozenset(
    (ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Import, ast.ImportFrom)
)


def _links(node: ast.AST) -> int:
    """The length of such a chain."""
    match node:
        case ast.BoolOp(values=values):
            return len(values)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return len(node.generators)
        case ast.Import(names=names):
            return max(alias.name.count(".") for alias in names)
        case ast.ImportFrom(module=str(module)):
            return module.count(".")
    return 0


def _deep_at(source: Source, node: ast.AST, message: str) -> Diagnostic:
    return _at(source, "too-complex", message, getattr(node, "lineno", 1), 1)
