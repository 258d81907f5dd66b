"""Which files are linted: the walk over files and folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from rnnlint.project.files import SUFFIXES, File
from rnnlint.project.roots import Roots
from rnnlint.records import dataclass

if TYPE_CHECKING:
    from pathspec import PathSpec

    from rnnlint.findings import Diagnostic
    from rnnlint.settings.patterns import Patterns
    from rnnlint.settings.settings import Settings


class MissingPathError(Exception):
    """A path on the command line that does not exist: a usage error."""

    def __init__(self, path: str) -> None:
        super().__init__(f"path '{path}' does not exist")
        self.path = path


@dataclass
class Discovered:
    """The files to lint, sorted by their paths, each once; and what could not be read.

    `paths` are their paths as shown, and `stats` the status of each, with whether it is a symbolic link.
    """

    files: list[File] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    stats: dict[str, tuple[os.stat_result, bool]] = field(default_factory=dict)

    @cached_property
    def paths(self) -> list[str]:
        """The files as the user spelled them, or the folder that they lie in."""
        return [file.shown for file in self.files]


def discover(
    paths: Iterable[str | os.PathLike[str]], settings: Callable[[str], Settings], roots: Roots | None = None
) -> Discovered:
    """Find the `.py` and `.ipynb` files below the given paths.

    A file that is named is taken whatever its suffix, excluded or not, unless `force-exclude` is set. Links to folders
    are not followed below a given path; a file that is reached twice is taken once.

    Args:
        paths: files and folders.
        settings: resolves the settings of a path.
        roots: what the run knows of where projects begin.

    Raises:
        MissingPathError: where a given path does not exist.
    """
    found = Discovered()
    roots = roots or Roots()
    chosen: dict[tuple[int, int] | str, _Reached] = {}
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
        reached: Iterable[_Reached] = [(os.path.islink(path), File.at(path), status)]
        if folder:
            reached = _FolderWalk(path, settings, found.diagnostics, roots)
        for one in reached:
            _, file, status = one
            # On Windows what a folder says of its files is without inode.
            key = (status.st_dev, status.st_ino) if status.st_ino else file.real
            known = chosen.get(key)
            if known is None or one[:2] < known[:2]:
                chosen[key] = one
    found.files = sorted(file for _, file, _ in chosen.values())
    found.stats = {file.shown: (status, link) for link, file, status in chosen.values()}
    found.diagnostics.sort(key=lambda one: one.span)
    return found


# Whether a file is a symbolic link, the file, and its status.
_Reached = tuple[bool, File, os.stat_result]


class _FolderWalk:
    """The Python files and notebooks below one given folder, each with its status and whether it is a link."""

    def __init__(
        self, root: str, settings: Callable[[str], Settings], diagnostics: list[Diagnostic], roots: Roots
    ) -> None:
        self._root = root
        self._roots = roots
        self._settings = settings
        self._diagnostics = diagnostics
        self._rebased: dict[int, tuple[Patterns, ...]] = {}

    def __iter__(self) -> Iterator[_Reached]:
        ignores: tuple[_Ignore, ...] = ()
        absolute = os.path.abspath(self._root)
        if self._settings(os.path.join(self._root, "-")).respect_gitignore:
            ignores = _ignores_above(absolute, self._roots)
        # No link is followed below the root: the other paths of what lies there differ in their beginnings only.
        waiting = [(self._root, absolute, os.path.realpath(self._root), ignores)]
        while waiting:
            folder, absolute, real, ignores = waiting.pop()
            try:
                folders, files, git = _listed(folder)
            except OSError as error:
                self._diagnostics.append(_unreadable(folder, error.strerror or str(error)))
                continue
            if not folders and not files:
                continue
            prefix = "" if folder == os.curdir else os.path.join(folder, "")
            inside, real_inside = os.path.join(absolute, ""), os.path.join(real, "")
            settings = self._settings(prefix + "-")
            ignores = self._ignores(folder, git, ignores) if settings.respect_gitignore else ()
            unwanted = self._unwanted(folder, inside, settings, ignores)
            waiting += [
                (prefix + name, inside + name, real_inside + name, ignores)
                for name in folders
                if not unwanted(name, True)
            ]
            for entry in files:
                if not unwanted(entry.name, False):
                    path = prefix + entry.name
                    status = self._status(path, entry)
                    if status is not None:
                        link = entry.is_symlink()
                        file = File(path, os.path.realpath(path) if link else real_inside + entry.name, absolute)
                        yield link, file, status

    def _ignores(self, folder: str, git: set[str], above: tuple[_Ignore, ...]) -> tuple[_Ignore, ...]:
        """The ignore files that hold in a folder with these names of git's, outermost first."""
        if ".git" in git and folder != self._root:
            # Another repository inside this one: its own rules hold, as for git itself.
            above = _load_ignore(folder, os.path.join(folder, ".git", "info", "exclude"))
        if ".gitignore" in git:
            above = (*above, *_load_ignore(folder, os.path.join(folder, ".gitignore")))
        return above

    def _unwanted(
        self, folder: str, inside: str, settings: Settings, ignores: tuple[_Ignore, ...]
    ) -> Callable[[str, bool], bool]:
        """Whether a name in the folder is excluded or ignored. What lies above was asked before.

        `inside` is the absolute path of the folder with a trailing separator.
        """
        matchers = [one.inside(folder) for one in self._excludes(settings)]
        ignored = [one.inside(inside) for one in reversed(ignores)]

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

    Where patterns are `plain`, without a slash except at the end, they match names in any folder.
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


def _ignores_above(folder: str, roots: Roots) -> tuple[_Ignore, ...]:
    """The ignore files that hold in a folder (absolute): those of its git work tree above it, outermost first."""
    top = roots.git_root(folder)
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
    """Whether git ignores a path: the innermost ignore file with a matching pattern decides."""
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
