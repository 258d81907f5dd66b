"""The walk from recurrent layers back to dropouts."""

from __future__ import annotations

from typing import Any

import pytest

from rnnlint.flow.paths import Path, find_paths, target, upstream
from rnnlint.graph import Layer
from rnnlint.keras.kinds import Kind
from rnnlint.keras.versions import KerasTargets
from tests.checks.graphs import UNKNOWN, Net
from tests.effort import effort

ENV = KerasTargets.unknown()
SEQUENCE = (None, 20, 16)


@pytest.fixture
def net() -> Net:
    return Net()


def found(net: Net) -> list[Path]:
    return list(find_paths(net.graph(), ENV))


def test_straight(net: Net) -> None:
    x = net.input(*SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    dense = net.call(net.layer("Dense", units=8), drop, shape=(None, 20, 8))
    lstm = net.call("LSTM", dense, shape=(None, 8))
    (path,) = found(net)
    assert (path.dropout.id, path.recurrent.id, path.axis, path.rank, path.shape) == (drop.id, lstm.id, 1, 3, SEQUENCE)
    assert path.batch == {0}
    assert path.features == (2,)
    assert path.timesteps == 20
    assert path.certain
    assert not path.shared
    assert [node.id for node in path.between(net.graph())] == [dense.id]
    assert [place.label for place in path.trace(net.graph())] == ["passes Dense", "LSTM steps along axis 1"]


def test_every_dropout_of_a_chain(net: Net) -> None:
    x = net.input(*SEQUENCE)
    first = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    second = net.call(net.layer("SpatialDropout1D", rate=0.5), first, shape=SEQUENCE)
    third = net.call(net.layer("GaussianDropout", rate=0.5), second, shape=SEQUENCE)
    net.call("GRU", third)
    assert {path.dropout.id for path in found(net)} == {first.id, second.id, third.id}


@pytest.mark.parametrize("name", ["Conv1D", "MaxPooling1D", "GlobalMaxPooling1D", "Flatten", "RepeatVector"])
def test_stops_where_timesteps_are_mixed_made_or_lost(net: Net, name: str) -> None:
    x = net.input(*SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    arguments: dict[str, Any] = {"filters": 16, "kernel_size": 3} if name == "Conv1D" else {}
    between = net.call(net.layer(name, **arguments), drop, shape=SEQUENCE)
    net.call("LSTM", between)
    assert found(net) == []


def test_the_nearest_recurrent_layer_takes_the_timesteps(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*SEQUENCE), shape=SEQUENCE)
    first = net.call(net.layer("LSTM", return_sequences=True), drop, shape=SEQUENCE)
    net.call("LSTM", first)
    assert [path.recurrent.id for path in found(net)] == [first.id]


def test_a_kernel_of_one_mixes_nothing(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*SEQUENCE), shape=SEQUENCE)
    net.call("LSTM", net.call(net.layer("Conv1D", filters=16, kernel_size=1), drop, shape=SEQUENCE))
    assert len(found(net)) == 1


def test_stops_at_what_was_not_understood(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*SEQUENCE), shape=SEQUENCE)
    net.call("LSTM", net.opaque(drop))
    net.call("LSTM", net.call(net.layer("ONLSTM", kind="user"), drop))
    net.call(net.layer("MyLSTM", kind="user"), drop)
    assert found(net) == []


def test_the_rank_is_inferred_from_the_recurrent_layer(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.opaque())
    net.call("LSTM", net.call(net.layer("Dense", units=4), drop))
    films = net.call(net.layer("Dropout", rate=0.5), net.opaque())
    net.call("ConvLSTM2D", films)
    assert {path.dropout.id: (path.rank, path.shape) for path in found(net)} == {
        drop.id: (3, None),
        films.id: (5, None),
    }


def test_a_known_rank_that_the_layer_cannot_read(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(None, 16), shape=(None, 16))
    net.call("LSTM", drop)
    assert found(net) == []


def test_permute_moves_the_time_axis(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(None, 16, 20), shape=(None, 16, 20))
    net.call("LSTM", net.call(net.layer("Permute", dims=(2, 1)), drop, shape=SEQUENCE))
    (path,) = found(net)
    assert (path.axis, path.features) == (2, (1,))


def test_time_distributed(net: Net) -> None:
    pictures = (None, 6, 8, 8, 3)
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*pictures), shape=pictures)
    flat = net.call(net.layer("TimeDistributed", net.layer("Flatten")), drop, shape=(None, 6, 192))
    net.call("LSTM", flat)
    (path,) = found(net)
    assert (path.axis, path.rank, path.features) == (1, 5, (2, 3, 4))


def test_recurrent_inside_time_distributed_steps_along_axis_2(net: Net) -> None:
    shape = (None, 5, 20, 16)
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*shape), shape=shape)
    net.call(net.layer("TimeDistributed", net.layer("Bidirectional", net.layer("LSTM"))), drop)
    (path,) = found(net)
    assert (path.axis, path.batch, path.features) == (2, frozenset({0, 1}), (3,))


def test_dropout_inside_time_distributed(net: Net) -> None:
    inner = net.layer("Dropout", rate=0.5)
    drop = net.call(net.layer("TimeDistributed", inner), net.input(*SEQUENCE), shape=SEQUENCE)
    net.call("LSTM", drop)
    (path,) = found(net)
    assert (path.dropout.id, path.layer) == (drop.id, inner)


def test_a_merge_shares_the_timestep(net: Net) -> None:
    x = net.input(*SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    net.call("LSTM", net.call("Concatenate", x, drop, shape=(None, 20, 32)))
    (path,) = found(net)
    assert path.shared


def test_both_the_shared_and_the_direct_way_are_found(net: Net) -> None:
    x = net.input(*SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    net.call("LSTM", net.call("Add", x, drop, shape=SEQUENCE))
    net.call("LSTM", drop)
    assert {path.shared for path in found(net)} == {True, False}


def test_alternatives_are_not_certain(net: Net) -> None:
    x = net.input(*SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), x, shape=SEQUENCE)
    net.call("LSTM", (x, drop))
    (path,) = found(net)
    assert not path.certain


def test_a_call_that_need_not_happen_is_not_certain(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*SEQUENCE), shape=SEQUENCE, certain=False)
    net.call("LSTM", drop)
    assert [path.certain for path in found(net)] == [False]


def test_back_edge_of_a_loop(net: Net) -> None:
    x = net.input(*SEQUENCE)
    lstm = net.call(net.layer("LSTM", units=16, return_sequences=True), x, shape=SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), lstm, shape=SEQUENCE)
    net.back_edge(lstm, drop)
    (path,) = found(net)
    assert (path.dropout.id, path.recurrent.id, path.certain) == (drop.id, lstm.id, False)


def test_a_cycle_without_a_recurrent_layer_ends(net: Net) -> None:
    x = net.input(*SEQUENCE)
    first = net.call(net.layer("Dense", units=16), x, shape=SEQUENCE)
    drop = net.call(net.layer("Dropout", rate=0.5), first, shape=SEQUENCE)
    net.back_edge(first, drop)
    net.call("LSTM", drop)
    # The way round the cycle passes an input with two producers, so it is found a second time, as possible.
    assert [path.certain for path in found(net)] == [True, False]


def test_time_major(net: Net) -> None:
    shape = (20, None, 16)
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*shape), shape=shape)
    net.call(net.layer("LSTM", time_major=True), drop)
    net.call(net.layer("LSTM", time_major=UNKNOWN), drop)
    (path,) = found(net)
    assert (path.axis, path.batch, path.timesteps) == (0, frozenset({1}), 20)


def test_ids_are_not_timesteps(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(None, 20), shape=(None, 20))
    net.call("LSTM", net.call(net.layer("Embedding", output_dim=16), drop, shape=SEQUENCE))
    assert found(net) == []


@pytest.mark.parametrize(
    ("wrap", "expected"),
    [
        (lambda net: net.layer("RNN", net.layer("LSTMCell")), ("RNN", 3)),
        (lambda net: net.layer("RNN", net.layer("MyCell", kind="user")), ("RNN", None)),
        (lambda net: net.layer("Bidirectional"), ("Bidirectional", None)),
        (lambda net: net.layer("CuDNNLSTM"), ("CuDNNLSTM", 3)),
        (lambda net: net.layer("ConvLSTM1D"), ("ConvLSTM1D", 4)),
        (lambda net: net.layer("TimeDistributed", net.layer("GRU")), ("GRU", 4)),
        (lambda net: net.layer("TimeDistributed", net.layer("Dense")), None),
        (lambda net: net.layer("LSTM", kind="user"), None),
    ],
)  # fmt: skip
def test_target(net: Net, wrap: object, expected: tuple[str, int | None] | None) -> None:
    assert callable(wrap)
    layer = wrap(net)
    assert isinstance(layer, Layer)
    read = target(layer)
    assert (None if read is None else (read.layer.short, read.rank)) == expected


def test_large_graphs_take_linear_work() -> None:
    def walk(dropouts: int) -> int:
        net = Net()
        x = net.input(*SEQUENCE)
        dropout, lstm = net.layer("Dropout", rate=0.5), net.layer("LSTM", units=8)
        for _ in range(dropouts):
            x = net.call(dropout, x, shape=SEQUENCE)
        for _ in range(3 * dropouts):
            net.call(lstm, x)
        graph = net.graph()
        found: list[Path] = []
        work = effort(lambda: found.extend(find_paths(graph, ENV)))
        assert len(found) == dropouts
        return work

    # Ten times the nodes; quadratic work would be a hundred times as much.
    assert walk(2000) < 15 * walk(200)


def test_upstream_passes_only_what_it_may(net: Net) -> None:
    drop = net.call(net.layer("Dropout", rate=0.5), net.input(*SEQUENCE), shape=SEQUENCE)
    noise = net.call(net.layer("GaussianNoise"), drop, shape=SEQUENCE)
    masking = net.call("Masking", noise, shape=SEQUENCE)
    graph = net.graph()
    (one,) = upstream(graph, masking, frozenset({Kind.NOISE}))
    assert (one.dropout.id, [node.id for node in one.between], one.certain) == (drop.id, [noise.id], True)
    assert list(upstream(graph, masking, frozenset())) == []
