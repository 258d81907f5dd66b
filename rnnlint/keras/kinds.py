"""What sorts of layers there are, and which of them drop, recur or are cells."""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """What sort of layer it is, as far as a rule or a shape asks. The value is the word in the rows."""

    RECURRENT = "recurrent"
    CELL = "cell"
    RNN = "rnn"
    STACKED_CELLS = "stacked-cells"
    CONV_RECURRENT = "conv-recurrent"
    CUDNN_RECURRENT = "cudnn-recurrent"
    BIDIRECTIONAL = "bidirectional"
    TIME_DISTRIBUTED = "time-distributed"
    WRAPPER = "wrapper"
    DROPOUT = "dropout"
    SPATIAL_DROPOUT = "spatial-dropout"
    GAUSSIAN_DROPOUT = "gaussian-dropout"
    ALPHA_DROPOUT = "alpha-dropout"
    NOISE = "noise"
    MASKING = "masking"
    EMBEDDING = "embedding"
    MERGE = "merge"
    DOT = "dot"
    DENSE = "dense"
    ELEMENTWISE = "elementwise"
    NORMALIZATION = "normalization"
    CONV = "conv"
    POOLING = "pooling"
    GLOBAL_POOLING = "global-pooling"
    RESHAPE = "reshape"
    FLATTEN = "flatten"
    PERMUTE = "permute"
    REPEAT = "repeat"
    UPSAMPLING = "upsampling"
    PADDING = "padding"
    CROPPING = "cropping"
    ATTENTION = "attention"
    LAMBDA = "lambda"
    INPUT = "input"
    PREPROCESSING = "preprocessing"
    OTHER = "other"


# Layers that put a random mask on their input. GaussianDropout multiplies with noise and never zeroes.
DROPOUTS = frozenset((Kind.DROPOUT, Kind.SPATIAL_DROPOUT, Kind.GAUSSIAN_DROPOUT, Kind.ALPHA_DROPOUT))
# Layers that go along the time axis; a Bidirectional is one of what it wraps.
RECURRENT = frozenset((Kind.RECURRENT, Kind.CUDNN_RECURRENT, Kind.CONV_RECURRENT, Kind.RNN, Kind.BIDIRECTIONAL))
CELLS = frozenset((Kind.CELL, Kind.STACKED_CELLS))
# Layers with arguments `dropout` and `recurrent_dropout` of their own.
OWN_DROPOUT = frozenset((Kind.RECURRENT, Kind.CELL, Kind.CONV_RECURRENT))
