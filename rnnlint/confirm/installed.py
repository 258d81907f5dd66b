"""The Keras that a Python has, and whether code for some Keras can be observed with it."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlint.keras.versions import BACKENDS, NEWEST, RELEASES, KerasTargets, Version, VersionSet, parse_keras_version
from rnnlint.records import dataclass


@dataclass(frozen=True, slots=True)
class InstalledKeras:
    """The Keras that a Python has, by its metadata.

    `package` is what `tf.keras` is there: "keras" or "tf_keras"; `versions` are those of both, as far as installed.
    """

    python: str
    package: str
    backend: str
    versions: Mapping[str, str | None]

    def __str__(self) -> str:
        return f"Keras {self.versions[self.package]} on {self.backend}, of {self.python}"

    def holder(self, origin: str) -> str:
        """The package whose layers those imported from `origin` (`graph.Layer.origin`) are."""
        if origin.startswith("tf_keras"):
            return "tf_keras"
        return "keras" if origin.partition(".")[0] == "keras" else self.package

    def version(self, package: str) -> Version:
        """The version of a package as rnnlint counts them; the newest known for one that is newer."""
        return max(parse_keras_version(self.versions[package] or "")) if self.versions[package] else NEWEST

    def env(self, *, standalone: bool = False) -> KerasTargets:
        """What code runs on here; `standalone`: it imports the package `keras`, not TensorFlow's."""
        package = "keras" if standalone and self.versions["keras"] else self.package
        return KerasTargets(frozenset({self.version(package)}), frozenset({self.backend}))

    def obstacle(self, env: KerasTargets, origin: str) -> str:
        """Why layers from `origin` in code for `env` cannot be observed here; empty if they can."""
        package, wanted = self.holder(origin), env.for_origin(origin)
        if not self.versions[package]:
            return f"{self.python} has no {package}; --python names one that has it"
        version = self.version(package)
        backend = "tensorflow" if version[0] == 2 else self.backend
        if (version, backend) in wanted.pairs:
            return ""
        every = KerasTargets(frozenset(RELEASES), frozenset(BACKENDS))
        told = f"the code is for {VersionSet(wanted.pairs).describe(every)}"
        other = sorted(where for number, where in wanted.pairs if number == version)
        hint = f"--backend {other[0]}" if other else "--python PATH"
        return f"{told}, but {self.python} has Keras {self.versions[package]} on {backend}; run with {hint}"
