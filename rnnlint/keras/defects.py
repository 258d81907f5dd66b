"""What releases of Keras got wrong about dropout: where, until which release, and who found it.

Each was reproduced in the releases at both ends of its range and seen gone in `fixed`.
"""

from __future__ import annotations

from rnnlint.keras.versions import BACKENDS, RELEASES, KerasTargets, VersionSet
from rnnlint.records import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect of Keras. `fixed` is the first release without it, empty where there is none yet.

    `source` names the issue, or the function that is wrong where nobody has reported it.
    """

    where: VersionSet
    fixed: str
    source: str

    @property
    def releases(self) -> str:
        """All that have it, whatever the code may run on: "Keras 3.2 to 3.7"."""
        return self.where.describe(KerasTargets(frozenset(RELEASES), frozenset(BACKENDS)))

    @property
    def fixed_note(self) -> str:
        """The end of a sentence: "; fixed in Keras 3.8", or empty."""
        return f"; fixed in Keras {self.fixed}" if self.fixed else ""


# `DropoutRNNCell.get_recurrent_dropout_mask` drew with `rate=self.dropout`.
RECURRENT_RATE_IGNORED = Defect(VersionSet.keras3(until=1), "3.2", "keras#19395, pull request 19397")

# `LSTM.inner_loop` and `GRU.inner_loop` tried cuDNN only `if not self.dropout and not self.recurrent_dropout`.
DROPOUT_LOSES_CUDNN = Defect(VersionSet.keras3("tensorflow", until=3), "3.4", "keras#19644, pull request 19645")

# The masks stood in comments in `ConvLSTMCell.call`.
CONV_LSTM_IGNORES = Defect(VersionSet.keras3(until=4), "3.5", "keras#20063, pull request 20089")

# `GRUCell.call` multiplied the state itself with mask / (1 - rate), and carried that on.
GRU_STATE_GROWS = Defect(VersionSet.keras3(since=2, until=7), "3.8", "keras#20276, pull request 20656")
# In 3.0 and 3.1 it did so with the rate of `dropout`: with both arguments above 0.
GRU_STATE_GROWS_WITH_DROPOUT = Defect(VersionSet.keras3(until=7), "3.8", "keras#20276, pull request 20656")

# The mask of the cuDNN path was drawn `if self.dropout`, without `training and`.
DROPS_AT_INFERENCE = Defect(VersionSet.keras3("tensorflow", since=4, until=8), "3.9", "keras pull request 20983")

# The cell draws a list of masks, one for each gate, which `inner_loop` takes for one tensor.
IMPLEMENTATION_1_FAILS = Defect(VersionSet.keras3(since=8), "", "LSTM.inner_loop and GRU.inner_loop")

# `Functional.call` hands the `training` of `predict`, `evaluate` and `fit` to each layer (`operation_fn` in
# models/functional.py), over what the layer was called with.
TRAINING_OVERRIDDEN = Defect(VersionSet.keras3(), "", "operation_fn in models/functional.py")

# `SeedGenerator(seed)` counts calls: two of one seed go through the same states.
SEEDS_SHARED = Defect(VersionSet.keras3(), "", "SeedGenerator in random/seed_generator.py")
