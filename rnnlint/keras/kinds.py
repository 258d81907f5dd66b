"""What sorts of layers there are, and which of them drop, recur or are cells."""

from __future__ import annotations

import enum

from rnnlint.keras import rows


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


DROPOUTS = frozenset(map(Kind, rows.DROPPING))
RECURRENT = frozenset(map(Kind, rows.RECURRING))
CELLS = frozenset(map(Kind, rows.CELLS))
# Layers with arguments `dropout` and `recurrent_dropout` of their own.
OWN_DROPOUT = frozenset((Kind.RECURRENT, Kind.CELL, Kind.CONV_RECURRENT))
