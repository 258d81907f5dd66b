"""The rules by their codes and names: what each one is. What it does stands in the module of `rnnlint.checks`.

Every run asks for these few words, and few runs for the checks, whose modules are imported when they are to run.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "advice"]


class Rule(NamedTuple):
    """All that is known of a rule apart from its check.

    `summary` is the first sentence of its page in `rules/`; `default` whether it is on. `severity` is "error" where
    Keras raises or an argument does nothing, "warning" where the model learns less, runs slower or answers otherwise
    than its code says, "advice" where it is a matter of method. `fix` is the applicability of the rule's fix, or
    "none". `runtime` names what real Keras shows where the rule is right, or is empty where that cannot be observed.

    `requires` are sets of ingredients (`rnnlint.keras.ingredients`): one of them has to come together in a file and in
    what it imports before the rule can report anything. Empty, as by default: any file will do. `supersedes` is the
    code of a rule that says less of the same place. `flow`: the related places of its findings lead through the model,
    from the layer to the one that it matters for. `unnecessary`: what it marks can be deleted, so editors fade it.
    """

    code: str
    name: str
    summary: str
    severity: Severity = "warning"
    default: bool = True
    fix: Literal["safe", "unsafe", "none"] = "none"
    runtime: str = ""
    since: str = "0.1"
    requires: tuple[frozenset[str], ...] = ()
    supersedes: str = ""
    flow: bool = False
    unnecessary: bool = False


# In code order.
RULES: tuple[Rule, ...] = (
    Rule(
        code="RNN101",
        name="dropped-timesteps",
        summary="Reports a dropout mask that zeroes whole timesteps on the way into a recurrent layer.",
        severity="warning",
        fix="unsafe",
        runtime="timesteps",
        requires=(
            frozenset({"dropout layer", "recurrent layer"}),
            frozenset({"recurrent layer", "dropout"}),
            frozenset({"recurrent layer", "positional"}),
        ),
        supersedes="RNN102",
        flow=True,
    ),
    Rule(
        code="RNN102",
        name="missing-noise-shape",
        summary="Reports an element-wise `Dropout` on a sequence that feeds a recurrent layer.",
        severity="advice",
        fix="unsafe",
        runtime="over-time",
        requires=(frozenset({"dropout layer", "recurrent layer"}),),
        flow=True,
    ),
    Rule(
        code="RNN103",
        name="dropped-sequences",
        summary="Reports a dropout mask shared over time that zeroes the whole sequence of a sample.",
        severity="warning",
        runtime="sequences",
        requires=(
            frozenset({"dropout layer", "recurrent layer"}),
            frozenset({"recurrent layer", "dropout"}),
            frozenset({"recurrent layer", "positional"}),
        ),
        flow=True,
    ),
    Rule(
        code="RNN104",
        name="batch-shared-noise-shape",
        summary="Reports a `noise_shape` that makes all samples of a batch share one dropout mask.",
        severity="warning",
        fix="unsafe",
        runtime="batch",
        requires=(frozenset({"dropout layer", "noise shape"}), frozenset({"dropout layer", "positional"})),
        flow=True,
    ),
    Rule(
        code="RNN105",
        name="fixed-batch-noise-shape",
        summary="Reports a `noise_shape` with a fixed batch size in front.",
        severity="error",
        fix="safe",
        runtime="last-batch",
        requires=(frozenset({"dropout layer", "noise shape"}), frozenset({"dropout layer", "positional"})),
    ),
    Rule(
        code="RNN106",
        name="invalid-noise-shape",
        summary="Reports a `noise_shape` that Keras refuses, ignores, or cannot fit to the layer's input.",
        severity="error",
        fix="safe",
        runtime="error",
        requires=(frozenset({"dropout layer", "noise shape"}), frozenset({"dropout layer", "positional"})),
    ),
    Rule(
        code="RNN107",
        name="dropout-before-masking",
        summary="Reports dropout in front of a `Masking` layer on the same tensor.",
        severity="warning",
        fix="unsafe",
        runtime="masking",
        requires=(frozenset({"dropout layer", "masking"}),),
        flow=True,
    ),
    Rule(
        code="RNN108",
        name="dropout-before-embedding",
        summary="Reports dropout on the token ids that an `Embedding` looks up.",
        severity="error",
        runtime="ids",
        requires=(frozenset({"dropout layer", "embedding"}),),
        flow=True,
    ),
    Rule(
        code="RNN109",
        name="timedistributed-dropout",
        summary="Reports `TimeDistributed(Dropout(r))`, which does the same as `Dropout(r)`.",
        severity="warning",
        fix="unsafe",
        runtime="wrapper",
        requires=(frozenset({"dropout layer", "time-distributed"}),),
    ),
    Rule(
        code="RNN110",
        name="stacked-dropout",
        summary="Reports a dropout layer directly before a recurrent layer that has a `dropout` of its own.",
        severity="advice",
        default=False,
        runtime="kept",
        requires=(
            frozenset({"dropout layer", "recurrent layer", "dropout"}),
            frozenset({"dropout layer", "recurrent layer", "positional"}),
        ),
    ),
    Rule(
        code="RNN201",
        name="recurrent-dropout-disables-cudnn",
        summary="Reports a non-zero `recurrent_dropout` on an LSTM or GRU that has a cuDNN kernel in the Keras version "
        "and backend in use.",
        severity="warning",
        fix="unsafe",
        runtime="cudnn",
        requires=(frozenset({"recurrent layer", "recurrent dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN202",
        name="cudnn-incompatible-argument",
        summary="Reports an argument other than `recurrent_dropout` that prevents an LSTM or GRU from using its "
        "cuDNN kernel.",
        severity="warning",
        default=False,
        fix="unsafe",
        runtime="cudnn",
        requires=(frozenset({"recurrent layer"}),),
    ),
    Rule(
        code="RNN203",
        name="use-cudnn-conflict",
        summary="Reports `use_cudnn=True` beside an argument that cuDNN cannot serve: an error at the first call.",
        severity="error",
        fix="safe",
        runtime="error",
        requires=(frozenset({"recurrent layer", "use_cudnn"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN204",
        name="dropout-disables-cudnn",
        summary="Reports a `dropout` that stops an LSTM or GRU from using cuDNN, as in Keras 3.0 to 3.3 on tensorflow.",
        severity="warning",
        runtime="cudnn",
        requires=(frozenset({"recurrent layer", "dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN205",
        name="cell-never-uses-cudnn",
        summary="Reports `RNN(LSTMCell(...))` and `RNN(GRUCell(...))` where LSTM or GRU would do the same on cuDNN.",
        severity="warning",
        default=False,
        runtime="cudnn",
        requires=(frozenset({"recurrent layer", "cell"}),),
    ),
    Rule(
        code="RNN301",
        name="dropout-rate-out-of-range",
        summary="Reports a dropout rate that Keras rejects, clamps or switches off: a percentage, a negative number, "
        "1 or more.",
        severity="error",
        fix="unsafe",
        runtime="rate",
        requires=(
            frozenset({"dropout layer", "odd rate"}),
            frozenset({"recurrent layer", "dropout", "odd rate"}),
            frozenset({"recurrent layer", "positional"}),
        ),
    ),
    Rule(
        code="RNN302",
        name="implementation-1-crashes",
        summary="Reports `implementation=1` beside a `dropout` on an LSTM or GRU, which fails in Keras 3.8 and later.",
        severity="error",
        fix="safe",
        runtime="error",
        requires=(frozenset({"recurrent layer", "implementation"}),),
    ),
    Rule(
        code="RNN303",
        name="suspicious-dropout-rate",
        summary="Reports a dropout rate above 0.5, which may be the share that was meant to be kept.",
        severity="advice",
        default=False,
        runtime="kept",
        requires=(
            frozenset({"dropout layer"}),
            frozenset({"recurrent layer", "dropout"}),
            frozenset({"recurrent layer", "positional"}),
        ),
    ),
    Rule(
        code="RNN401",
        name="mc-dropout-ignored",
        summary="Reports `training=True` in the call of a layer in a functional model, which Keras 3 overrides in "
        "`predict` and `evaluate`.",
        severity="error",
        runtime="calls",
        requires=(
            frozenset({"dropout layer", "training", "model"}),
            frozenset({"recurrent layer", "dropout", "training", "model"}),
            frozenset({"recurrent layer", "positional", "training", "model"}),
        ),
    ),
    Rule(
        code="RNN402",
        name="lambda-dropout",
        summary="Reports a dropout function in a `Lambda` layer, which also drops at inference.",
        severity="warning",
        runtime="calls",
        requires=(frozenset({"dropout function", "lambda"}),),
    ),
    Rule(
        code="RNN403",
        name="stale-cell-mask",
        summary="Reports a cell with dropout that is called by hand and whose mask is never reset.",
        severity="warning",
        runtime="calls",
        requires=(frozenset({"cell", "dropout"}), frozenset({"cell", "positional"})),
    ),
    Rule(
        code="RNN404",
        name="shared-dropout-seed",
        summary="Reports dropout layers of one model that have the same seed: in Keras 3 they draw the same masks.",
        severity="warning",
        default=False,
        runtime="calls",
        requires=(frozenset({"dropout layer", "seed"}), frozenset({"dropout layer", "positional"})),
    ),
    Rule(
        code="RNN501",
        name="gru-recurrent-dropout-explodes",
        summary="Reports a `recurrent_dropout` on a GRU, whose state then grows without bound in Keras 3.2 to 3.7.",
        severity="warning",
        runtime="state",
        requires=(frozenset({"recurrent layer", "recurrent dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN502",
        name="dropout-at-inference",
        summary="Reports a `dropout` on an LSTM or GRU that runs on cuDNN, where Keras 3.4 to 3.8 on tensorflow also "
        "drops at inference.",
        severity="warning",
        runtime="inference",
        requires=(frozenset({"recurrent layer", "dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN503",
        name="recurrent-dropout-ignored",
        summary="Reports a `recurrent_dropout` that is not the rate with which Keras 3.0 and 3.1 drop the state.",
        severity="error",
        runtime="kept",
        requires=(frozenset({"recurrent layer", "recurrent dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN504",
        name="convlstm-dropout-ignored",
        summary="Reports the `dropout` and `recurrent_dropout` of a ConvLSTM layer, which Keras 3.0 to 3.4 ignore.",
        severity="error",
        runtime="kept",
        requires=(frozenset({"recurrent layer", "dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN505",
        name="dropout-meaning-changed",
        summary="Reports a `dropout` on an LSTM or GRU whose mask Keras 2 draws for each timestep and Keras 3 once "
        "for all timesteps.",
        severity="advice",
        default=False,
        runtime="mask",
        requires=(frozenset({"recurrent layer", "dropout"}), frozenset({"recurrent layer", "positional"})),
    ),
    Rule(
        code="RNN900",
        name="unused-suppression",
        summary="Reports a suppression comment that suppresses nothing.",
        severity="advice",
        default=False,
        fix="safe",
        unnecessary=True,
    ),
    Rule(
        code="RNN901",
        name="malformed-suppression",
        summary="Reports a suppression comment that is malformed, and so suppresses less than intended.",
        severity="warning",
    ),
)

# The rules about suppression comments: no comment is unused for naming them, and nothing in code calls for them.
ABOUT_COMMENTS = frozenset({"RNN900", "RNN901"})

_BY_CODE = {rule.code: rule for rule in RULES}


def rule(code: str) -> Rule:
    """The rule of a code."""
    return _BY_CODE[code]
