"""Noise shapes on sequences: what RNN104 and RNN105 share."""

from __future__ import annotations

from collections.abc import Iterator

from rnnlint.checks.loss import off
from rnnlint.checks.rate import rate
from rnnlint.findings import Claim, Probe, ProbeKind, Related
from rnnlint.flow.paths import Path, dropout, inputs_shape
from rnnlint.flow.view import View
from rnnlint.graph import Layer, Node
from rnnlint.keras.masks import NoiseKind, NoiseProblem, check_noise_shape
from rnnlint.keras.versions import Version
from rnnlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong with the noise shape of a dropout layer on a sequence."""

    problem: NoiseProblem
    layer: Layer
    related: tuple[Related, ...]
    certain: bool
    node: Node
    node_ids: tuple[int, ...]
    axis: int
    rank: int | None
    path: Path | None

    def probe(
        self,
        kind: ProbeKind,
        claim: Claim,
        problems: frozenset[NoiseKind],
        where: frozenset[tuple[Version, str]] = frozenset(),
    ) -> Probe:
        """Observe the call of the dropout, with a noise shape that has one of the problems."""
        return Probe(
            kind=kind,
            layer=self.layer.id,
            claims=(claim,),
            node=self.node.id,
            node_ids=self.node_ids,
            axis=self.axis,
            rank=None if self.path is None else self.path.rank,
            batch=frozenset({0}) if self.path is None else self.path.batch,
            argument="noise_shape",
            problems=frozenset(problems),
            where=where,
        )


def troubles(view: View) -> Iterator[Trouble]:
    """For every dropout that feeds a recurrent layer, and for every other one on a tensor of rank 3.

    `(batch, timesteps, features)` has rank 3, pictures have 4 and single vectors 2.
    """
    feeding: set[int] = set()
    for path in view.paths:
        feeding.add(path.dropout.id)
        # With Keras 2's `time_major` axis 0 holds the timesteps.
        if path.layer.arg("noise_shape") and 0 in path.batch and not off(path.dropout):
            yield from _troubles(view, path.dropout, path)
    for node in view.graph.nodes:
        inside = dropout(node.layer)
        if inside is None or not inside.arg("noise_shape") or node.id in feeding or off(node):
            continue
        shape = inputs_shape(view.graph, node, 0)
        if shape is not None and len(shape) == 3:
            yield from _troubles(view, node, None)


def _troubles(view: View, node: Node, path: Path | None) -> Iterator[Trouble]:
    shape = inputs_shape(view.graph, node, 0)
    inside = dropout(node.layer)
    if inside is None or node.layer is None or not rate(inside).active or (shape is not None and shape[0] == 1):
        return
    rank = path.rank if path is not None else 3
    certain = node.certain if path is None or shape is not None else path.certain
    related = path.trace(view.graph) if path is not None else ()
    node_ids = path.node_ids(view.graph) if path is not None else (node.id,)
    axis = path.axis if path is not None else 1
    for problem in check_noise_shape(node.layer, shape, rank, view.targets):
        sure = certain and problem.certain and rate(inside).always
        yield Trouble(
            problem=problem,
            layer=inside,
            related=related,
            certain=sure,
            node=node,
            node_ids=node_ids,
            axis=axis,
            rank=rank,
            path=path,
        )
