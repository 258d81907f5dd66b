"""Which files of a run are analysed: all are read, some are examined, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rnnlint.keras.ingredients import Ingredients
from rnnlint.prefilter.gate import Examined, Gate, ingredients, requirements
from rnnlint.records import dataclass
from rnnlint.suppression.comments import may_hold_directives

if TYPE_CHECKING:
    from rnnlint.prefilter.reach import Focus
    from rnnlint.project.modules import Modules
    from rnnlint.project.walk import Discovered
    from rnnlint.run.cache import RunCache
    from rnnlint.run.contents import Contents
    from rnnlint.run.pool import Batch
    from rnnlint.settings.settings import Settings

A = TypeVar("A")
# What was asked of the disk and of files, with the answers.
Answers: TypeAlias = "dict[tuple[str, str], object]"
# Of each file of a batch the ingredients that it may hold, and whether comments in it may be about our rules.
_Read: TypeAlias = "list[tuple[Ingredients | None, bool]]"
# A progress bar: is given what is worked on, the number of it, and a title; gives it back.
Watch = Callable[[Iterable[Any], int, str], Iterable[Any]]
# The bytes below which no other process is asked to read files.
_MANY = 10_000_000


@dataclass(frozen=True, slots=True)
class Candidates:
    """The files to analyse, in the order of their paths, and those with suppression comments about our rules."""

    paths: tuple[str, ...]
    commented: frozenset[str]
    gate: Gate

    def focus(self, path: str) -> Focus | None:
        """What of a candidate is to be run; None for all of it."""
        return self.gate.focus(path)


class Search:
    """Searches the files of a run for candidates. `cache` takes note of what is asked of the disk meanwhile."""

    def __init__(
        self,
        listed: Discovered,
        settings: Callable[[str], Settings],
        contents: Contents,
        modules: Modules,
        cache: RunCache | None,
        jobs: int | None,
        watch: Watch,
    ) -> None:
        self._listed = listed
        self._contents = contents
        self._modules = modules
        self._cache = cache
        self._jobs = jobs
        self._watch = watch
        one_each = {file.folder: file.shown for file in listed.files}.values()
        self._gate = Gate(requirements(settings(path).rules for path in one_each), modules, contents.data)

    def run(self) -> Candidates:
        """The candidates. The modules know afterwards what was found out of them."""
        commented = set()
        for paths, read in self._read_all():
            for path, (holds, speaks) in zip(paths, read, strict=True):
                self._gate.note(path, holds)
                if speaks:
                    commented.add(path)
        self._examine_all()
        return Candidates(tuple(sorted(self._gate.selected)), frozenset(commented), self._gate)

    def _read_all(self) -> Iterator[tuple[Sequence[str], _Read]]:
        """What the bytes of all files say."""
        paths = self._listed.paths
        sizes = self._sizes(paths)
        if len(paths) < 2 or (self._jobs is None and sum(size for _, size in sizes) < _MANY):
            yield paths, [self._read(path) for path in self._watch(paths, len(paths), "Reading")]
            return
        from rnnlint.run.pool import read_all

        def read(batch: Batch) -> tuple[_Read, Answers]:
            return [self._read(path) for path in batch.paths], self._answers()

        for batch, (found, answers) in self._counted(read_all(sizes, read, self._jobs), len(paths), "Reading"):
            self._note(answers)
            yield batch.paths, found

    def _read(self, path: str) -> tuple[Ingredients | None, bool]:
        data = self._contents.data(path)
        return ingredients(data), data is not None and may_hold_directives(data)

    def _examine_all(self) -> None:
        """Let the gate look closer at the files that may be candidates."""
        maybe = self._gate.maybe()
        if not maybe:
            return
        from rnnlint.run.pool import examine_all

        disk = self._modules.disk.queries

        def examine(batch: Batch) -> tuple[Examined, Answers]:
            before = len(disk)
            examined = self._gate.examine(batch.paths)
            # What a process asks of the disk is asked for this one, too.
            return examined, dict(islice(disk.items(), before, None)) | self._answers()

        work = examine_all(self._sizes(maybe), examine, self._jobs)
        for batch, answer in self._counted(work, len(maybe), "Examining"):
            if answer is None:
                self._gate.lose(batch.paths)
            else:
                self._gate.take(answer[0])
                self._note(answer[1])
        self._modules.know(self._gate.known())

    def _sizes(self, paths: Iterable[str]) -> list[tuple[str, int]]:
        stats = self._listed.stats
        return [(path, stats[path][0].st_size if path in stats else 0) for path in paths]

    def _answers(self) -> Answers:
        return self._cache.answers if self._cache else {}

    def _note(self, answers: Answers) -> None:
        if self._cache:
            self._cache.note(answers, self._modules.disk.queries)

    def _counted(self, work: Iterable[tuple[Batch, A]], length: int, title: str) -> Iterator[tuple[Batch, A]]:
        """The same, and each of its files is watched."""
        items = ((batch, answer, last) for batch, answer in work for last in _each(batch))
        for batch, answer, last in self._watch(items, length, title):
            if last:
                yield batch, answer


def _each(batch: Batch) -> Iterator[bool]:
    """For each file of a batch whether it is the last one."""
    yield from (False for _ in batch.paths[1:])
    yield True
