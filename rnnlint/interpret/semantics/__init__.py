"""What happens when Keras things are constructed, called and asked. Sees values and spans, never syntax.

Nothing here raises on odd input: what is not understood becomes an UnknownV, with an opaque node where tensors go in.
"""

from rnnlint.interpret.semantics.attributes import attribute
from rnnlint.interpret.semantics.chains import sequential_of
from rnnlint.interpret.semantics.layers import call_layer
from rnnlint.interpret.semantics.memory import join_values
from rnnlint.interpret.semantics.methods import construct, functional_init, method, reshape, sequential_init
from rnnlint.interpret.semantics.models import apply, call_model, finish, model_of, remember_call
from rnnlint.interpret.semantics.ops import function, operator
from rnnlint.interpret.semantics.tensors import as_tensor

__all__ = [
    "apply",
    "as_tensor",
    "attribute",
    "call_layer",
    "call_model",
    "construct",
    "finish",
    "function",
    "functional_init",
    "join_values",
    "method",
    "model_of",
    "operator",
    "remember_call",
    "reshape",
    "sequential_init",
    "sequential_of",
]
