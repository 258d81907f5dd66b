"""Keywords that arrive through `**kwargs`, by the kind or the name of the layer and the major version."""

# Sources: Keras 2.15 `engine/base_layer.py` (allowed_kwargs), the pops in
# `layers/rnn/*.py`, `layers/regularization/spatial_dropout*.py`, `layers/attention/base_dense_attention.py`; Keras 3.15
# `layers/layer.py` (Layer.__init__), `layers/rnn/{lstm,gru}.py`, `layers/core/{embedding,input_layer}.py`.
GENERIC = {
    "2": "name=None, trainable=True, dtype=None, dynamic=False, input_dim=None, input_shape=None, "
    "batch_input_shape=None, batch_size=None, weights=None, activity_regularizer=None, autocast=True, "
    "implementation=None, input_dtype=None",
    "3": "name=None, trainable=True, dtype=None, activity_regularizer=None, autocast=True, input_dim=None, "
    "input_shape=None",
    "recurrent 2": "implementation:'2.4-'=2, time_major:'2.4-'=False, zero_output_for_mask:'2.4-'=False, "
    "input_length=None, enable_caching_device:'2.4-'=False, return_runtime:'2.4-'=False, seed:'2.9-'=None",
    "recurrent 3": "zero_output_for_mask=False",
    "LSTM 3": "implementation=2",
    "GRU 3": "implementation:'3.4-'=2",
    "cell 2": "implementation:'2.4-'=2, enable_caching_device:'2.4-'=False, seed:'2.9-'=None",
    "LSTMCell 3": "implementation=2",
    "GRUCell 3": "implementation=2",
    "rnn 2": "input_length=None, zero_output_for_mask:'2.4-'=False",
    "stacked-cells 2": "reverse_state_order=False",
    "conv-recurrent 2": "input_length=None, time_major:'2.4-'=False, unroll:'2.4-'=False, "
    "zero_output_for_mask:'2.4-'=False",
    "conv-recurrent 3": "unroll=False, zero_output_for_mask=False",
    "cudnn-recurrent 2": "input_length=None, time_major:'2.4-'=False, unroll:'2.4-'=False, "
    "zero_output_for_mask:'2.4-'=False",
    "spatial-dropout 2": "noise_shape=None, seed=None",
    "bidirectional 2": "input_length=None",
    "time-distributed 2": "input_length=None",
    "masking 2": "input_length=None",
    "attention 2": "dropout=0.0, causal=False, seed:'2.9-'=None",
    "BatchNormalization 2": "renorm:'2.4-'=False, renorm_clipping:'2.4-'=None, renorm_momentum:'2.4-'=0.99, "
    "fused:'2.4-'=None, virtual_batch_size:'2.4-'=None, adjustment:'2.4-'=None",
    "GlobalAveragePooling1D 2": "keepdims:'2.6-'=False",
    "Conv1D 3": "lora_rank:'3.2-'=None, lora_alpha:'3.10-'=None",
    "Conv2D 3": "lora_rank:'3.2-'=None, lora_alpha:'3.10-'=None",
    "Conv3D 3": "lora_rank:'3.2-'=None, lora_alpha:'3.10-'=None",
    "AdditiveAttention 3": "seed=None",
    "preprocessing 3": "data_format=None, bounding_box_format:'3.8-'=None",
    "Embedding 3": "input_length:'3.2-'=None",
    "LeakyReLU 3": "alpha=None",
    "LayerNormalization 3": "rms_scaling=False",
    "InputLayer 2": "shape=None, batch_input_shape=None, batch_shape=None",
    "InputLayer 3": "input_shape=None, batch_input_shape=None",
    "Input 2": "batch_shape=None, input_shape=None, batch_input_shape=None",
}
