"""The rows of the layer table: data, read by `table.py`.

A row is `Name kind`, then the constructor's signature in Keras 2 and in Keras 3, written as in Python and without
`self`. An annotation is a version mark: `use_cudnn:"3.2-"="auto"` came with 3.2, `implementation:"-2.2"=1` was last
there in 2.2; a parameter whose default changed stands twice. A mark in brackets before a signature limits the layer
itself. `**_` means that the constructor passes further keywords on, to those of `GENERIC`. `same` repeats the line
above. `Name = Other` is a second name of one class. A row without a signature is a layer of Keras 1.

Sources: `inspect.signature` under Keras 2.15.0 and 3.15.1; the marks from the sources of keras 2.0.9, 2.1.6, 2.2.4,
2.3.1, 2.6 to 2.14 and 3.0.5 to 3.14.1, one release per minor version (2.4 and 2.5 are taken to be as 2.6).
"""

# Keywords that arrive through `**kwargs`. Sources: Keras 2.15 `engine/base_layer.py` (allowed_kwargs), the pops in
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

ROWS = """
AbstractRNNCell cell
  2: [2.4-] trainable=True, name=None, dtype=None, dynamic=False, **_

Activation elementwise
  2: activation, **_
  3: same

ActivityRegularization elementwise
  2: l1=0.0, l2=0.0, **_
  3: same

AdaptiveAveragePooling1D pooling
  3: [3.13-] output_size, data_format=None, **_

AdaptiveAveragePooling2D pooling
  3: [3.13-] output_size, data_format=None, **_

AdaptiveAveragePooling3D pooling
  3: [3.13-] output_size, data_format=None, **_

AdaptiveMaxPooling1D pooling
  3: [3.13-] output_size, data_format=None, **_

AdaptiveMaxPooling2D pooling
  3: [3.13-] output_size, data_format=None, **_

AdaptiveMaxPooling3D pooling
  3: [3.13-] output_size, data_format=None, **_

Add merge
  2: **_
  3: same

add merge
  2: inputs, **_
  3: same

AdditiveAttention attention
  2: [2.4-] use_scale=True, **_
  3: use_scale=True, dropout=0.0, **_

AlphaDropout alpha-dropout
  2: rate, noise_shape=None, seed=None, **_
  3: same

AtrousConvolution1D other

AtrousConvolution2D other

Attention attention
  2: [2.4-] use_scale=False, score_mode:"2.9-"="dot", **_
  3: use_scale=False, score_mode="dot", dropout=0.0, seed=None, **_

AugMix preprocessing
  3: [3.9-] value_range=(0, 255), num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True,
     interpolation="bilinear", seed=None, data_format=None, **_

AutoContrast preprocessing
  3: [3.6-] value_range=(0, 255), **_

Average merge
  2: **_
  3: same

average merge
  2: inputs, **_
  3: same

AveragePooling1D pooling
  2: pool_size=2, strides=None, padding="valid", data_format:"2.2-"="channels_last", **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

AveragePooling2D pooling
  2: pool_size=(2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

AveragePooling3D pooling
  2: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

BatchNormalization normalization
  2: axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
     gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
     beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
     synchronized:"2.12-"=False, **_
  3: axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
     gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
     beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
     renorm:"3.14-"=False, renorm_clipping:"3.14-"=None, renorm_momentum:"3.14-"=0.99, synchronized=False, **_

Bidirectional bidirectional
  2: layer, merge_mode="concat", weights=None, backward_layer:"2.4-"=None, **_
  3: layer, merge_mode="concat", weights=None, backward_layer=None, **_

CategoryCrossing preprocessing
  2: [2.4-2.7] depth=None, name=None, separator="_X_", **_

CategoryEncoding preprocessing
  2: [2.4-] num_tokens=None, output_mode="multi_hot", sparse=False, **_
  3: num_tokens=None, output_mode="multi_hot", sparse:"3.2-"=False, **_

CenterCrop preprocessing
  2: [2.4-] height, width, **_
  3: height, width, data_format=None, **_

Concatenate merge
  2: axis=-1, **_
  3: same

concatenate merge
  2: inputs, axis=-1, **_
  3: same

ContrastLimitedAdaptiveHistogramEqualization preprocessing
  3: [3.14-] value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, **_

Conv1D conv
  2: filters, kernel_size, strides=1, padding="valid", data_format:"2.2-"="channels_last", dilation_rate=1,
     groups:"2.4-"=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, groups=1, activation=None,
     use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
     bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, **_

Conv1DTranspose conv
  2: [2.4-] filters, kernel_size, strides=1, padding="valid", output_padding=None, data_format=None,
     dilation_rate=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: filters, kernel_size, strides=1, padding="valid", output_padding:"3.11-"=None, data_format=None,
     dilation_rate=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_

Conv2D conv
  2: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1), groups:"2.4-"=1,
     activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1), groups=1,
     activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_

Conv2DTranspose conv
  2: filters, kernel_size, strides=(1, 1), padding="valid", output_padding:"2.2-"=None, data_format=None,
     dilation_rate:"2.2-"=(1, 1), activation=None, use_bias=True, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, **_
  3: filters, kernel_size, strides=(1, 1), padding="valid", output_padding:"3.11-"=None, data_format=None,
     dilation_rate=(1, 1), activation=None, use_bias=True, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, **_

Conv3D conv
  2: filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1),
     groups:"2.4-"=1, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1), groups=1,
     activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_

Conv3DTranspose conv
  2: filters, kernel_size, strides=(1, 1, 1), padding="valid", output_padding:"2.2-"=None, data_format=None,
     dilation_rate:"2.4-"=(1, 1, 1), activation=None, use_bias=True, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, **_
  3: filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None, output_padding:"3.11-"=None,
     dilation_rate=(1, 1, 1), activation=None, use_bias=True, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, **_

ConvLSTM1D conv-recurrent
  2: [2.4-] filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh",
     recurrent_activation="hard_sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False,
     go_backwards=False, stateful=False, dropout=0.0, recurrent_dropout=0.0, **_
  3: filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh",
     recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, **_

ConvLSTM2D conv-recurrent
  2: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1),
     activation="tanh", recurrent_activation="hard_sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state:"2.4-"=False,
     go_backwards=False, stateful=False, dropout=0.0, recurrent_dropout=0.0, **_
  3: filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh",
     recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, **_

ConvLSTM3D conv-recurrent
  2: [2.4-] filters, kernel_size, strides=(1, 1, 1), padding="valid", data_format=None, dilation_rate=(1, 1, 1),
     activation="tanh", recurrent_activation="hard_sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False,
     go_backwards=False, stateful=False, dropout=0.0, recurrent_dropout=0.0, **_
  3: filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, activation="tanh",
     recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, **_

Cropping1D cropping
  2: cropping=(1, 1), **_
  3: same

Cropping2D cropping
  2: cropping=((0, 0), (0, 0)), data_format=None, **_
  3: same

Cropping3D cropping
  2: cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **_
  3: same

CuDNNGRU cudnn-recurrent
  2: units, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
     return_sequences=False, return_state=False, go_backwards:"2.4-"=False, stateful=False, **_

CuDNNLSTM cudnn-recurrent
  2: units, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None,
     bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, return_sequences=False, return_state=False, go_backwards:"2.4-"=False, stateful=False, **_

CutMix preprocessing
  3: [3.9-] factor=1.0, seed=None, data_format=None, **_

Dense dense
  2: units, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: units, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, lora_rank=None, lora_alpha:"3.10-"=None, quantization_config:"3.13-"=None, **_

DenseFeatures other
  2: [2.15-] feature_columns, trainable=True, name=None, **_

DepthwiseConv1D conv
  2: [2.7-] kernel_size, strides=1, padding="valid", depth_multiplier=1, data_format=None, dilation_rate=1,
     activation=None, use_bias=True, depthwise_initializer="glorot_uniform", bias_initializer="zeros",
     depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
     bias_constraint=None, **_
  3: same

DepthwiseConv2D conv
  2: [2.1-] kernel_size, strides=(1, 1), padding="valid", depth_multiplier=1, data_format=None,
     dilation_rate:"2.3-"=(1, 1), activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
     bias_initializer="zeros", depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     depthwise_constraint=None, bias_constraint=None, **_
  3: kernel_size, strides=(1, 1), padding="valid", depth_multiplier=1, data_format=None, dilation_rate=(1, 1),
     activation=None, use_bias=True, depthwise_initializer="glorot_uniform", bias_initializer="zeros",
     depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
     bias_constraint=None, **_

Discretization preprocessing
  2: [2.4-] bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode:"2.8-"="int", sparse:"2.8-"=False, **_
  3: bin_boundaries=None, num_bins=None, epsilon=0.01, output_mode="int", sparse=False, dtype=None, name=None

Dot dot
  2: axes, normalize=False, **_
  3: same

dot dot
  2: inputs, axes, normalize=False, **_
  3: inputs, axes=-1, **_

Dropout dropout
  2: rate, noise_shape=None, seed=None, **_
  3: same

EinsumDense dense
  2: [2.10-] equation, output_shape, activation=None, bias_axes=None, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, **_
  3: equation, output_shape, activation=None, bias_axes=None, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, kernel_constraint=None,
     bias_constraint=None, lora_rank=None, lora_alpha:"3.10-"=None, gptq_unpacked_column_size:"3.12-"=None,
     quantization_config:"3.13-"=None, **_

ELU elementwise
  2: alpha=1.0, **_
  3: same

Embedding embedding
  2: input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
     activity_regularizer=None, embeddings_constraint=None, mask_zero=False, input_length=None,
     sparse:"2.12-"=False, **_
  3: input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
     embeddings_constraint=None, mask_zero=False, weights:"3.3-"=None, lora_rank=None, lora_alpha:"3.10-"=None,
     quantization_config:"3.13-"=None, **_

Equalization preprocessing
  3: [3.8-] value_range=(0, 255), bins=256, data_format=None, **_

Flatten flatten
  2: data_format:"2.1-2.1"="channels_last", data_format:"2.2-"=None, **_
  3: data_format=None, **_

FlaxLayer other
  3: [3.15-] module, method=None, variables=None, **_

GaussianDropout gaussian-dropout
  2: rate, seed:"2.7-"=None, **_
  3: rate, seed=None, **_

GaussianNoise noise
  2: stddev, seed:"2.7-"=None, **_
  3: stddev, seed=None, **_

GlobalAveragePooling1D global-pooling
  2: data_format:"2.2-"="channels_last", **_
  3: data_format=None, keepdims=False, **_

GlobalAveragePooling2D global-pooling
  2: data_format=None, keepdims:"2.4-"=False, **_
  3: data_format=None, keepdims=False, **_

GlobalAveragePooling3D global-pooling
  2: data_format=None, keepdims:"2.4-"=False, **_
  3: data_format=None, keepdims=False, **_

GlobalMaxPooling1D global-pooling
  2: data_format:"2.2-"="channels_last", keepdims:"2.4-"=False, **_
  3: data_format=None, keepdims=False, **_

GlobalMaxPooling2D global-pooling
  2: data_format=None, keepdims:"2.4-"=False, **_
  3: data_format=None, keepdims=False, **_

GlobalMaxPooling3D global-pooling
  2: data_format=None, keepdims:"2.4-"=False, **_
  3: data_format=None, keepdims=False, **_

GroupNormalization normalization
  2: [2.11-] groups=32, axis=-1, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
     gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
     gamma_constraint=None, **_
  3: same

GroupQueryAttention attention
  3: head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, sliding_window:"3.15-"=None,
     flash_attention:"3.7-"=None, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, use_gate:"3.14-"=False, seed:"3.7-"=None, **_

GRU recurrent
  2: units, activation="tanh", recurrent_activation:"-2.2"="hard_sigmoid", recurrent_activation:"2.3-"="sigmoid",
     use_bias=True, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None,
     dropout=0.0, recurrent_dropout=0.0, implementation:"-2.2"=1, implementation:"2.3-2.3"=2,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     reset_after:"2.1-2.3"=False, time_major:"2.4-"=False, reset_after:"2.4-"=True, **_
  3: units, activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, reset_after=True,
     use_cudnn:"3.2-"="auto", **_

GRUCell cell
  2: units, activation="tanh", recurrent_activation:"-2.2"="hard_sigmoid", recurrent_activation:"2.3-"="sigmoid",
     use_bias=True, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None,
     kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0,
     implementation:"-2.2"=1, implementation:"2.3-2.3"=2, reset_after:"2.1-2.3"=False, reset_after:"2.4-"=True, **_
  3: units, activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, reset_after=True, seed=None, **_

HashedCrossing preprocessing
  2: [2.8-] num_bins, output_mode="int", sparse=False, **_
  3: num_bins, output_mode="int", sparse=False, name=None, dtype=None, **_

Hashing preprocessing
  2: [2.4-] num_bins, mask_value=None, salt=None, output_mode:"2.8-"="int", sparse:"2.8-"=False, **_
  3: num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **_

Highway other

Identity elementwise
  2: [2.12-] trainable=True, name=None, dtype=None, dynamic=False, **_
  3: **_

Input input
  2: shape=None, batch_size=None, name=None, dtype=None, sparse=None, tensor=None, ragged=None, type_spec=None, **_
  3: shape=None, batch_size=None, dtype=None, sparse=None, ragged:"3.9-"=None, batch_shape=None, name=None, tensor=None,
     optional:"3.4-"=False

InputLayer input
  2: input_shape=None, batch_size=None, dtype=None, input_tensor=None, sparse=None, name=None, ragged=None,
     type_spec=None, **_
  3: shape=None, batch_size=None, dtype=None, sparse=None, ragged:"3.9-"=None, batch_shape=None, input_tensor=None,
     optional:"3.4-"=False, name=None, **_

IntegerLookup preprocessing
  2: [2.4-] max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None,
     vocabulary_dtype:"2.8-"="int64", idf_weights:"2.7-"=None, invert=False, output_mode="int", sparse=False,
     pad_to_max_tokens=False, **_
  3: max_tokens=None, num_oov_indices=1, mask_token=None, oov_token=-1, vocabulary=None, vocabulary_dtype="int64",
     idf_weights=None, invert=False, output_mode="int", sparse=False, pad_to_max_tokens=False,
     oov_method:"3.14-"="floormod", salt:"3.14-"=None, name=None, **_

JaxLayer other
  3: [3.15-] call_fn, init_fn=None, params=None, state=None, seed=None, native_serialization_platforms=None, **_

Lambda lambda
  2: function, output_shape=None, mask=None, arguments=None, **_
  3: same

Layer other
  2: [2.4-] trainable=True, name=None, dtype=None, dynamic=False, **_
  3: *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **_

LayerNormalization normalization
  2: [2.4-] axis=-1, epsilon=0.001, center=True, scale=True, beta_initializer="zeros", gamma_initializer="ones",
     beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None, **_
  3: axis=-1, epsilon=0.001, center=True, scale=True, rms_scaling:"-3.10"=False, beta_initializer="zeros",
     gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
     gamma_constraint=None, **_

LeakyReLU elementwise
  2: alpha=0.3, **_
  3: negative_slope=0.3, **_

LocallyConnected1D conv
  2: filters, kernel_size, strides=1, padding="valid", data_format=None, activation=None, use_bias=True,
     kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation:"2.4-"=1, **_

LocallyConnected2D conv
  2: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, activation=None, use_bias=True,
     kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation:"2.4-"=1, **_

LSTM recurrent
  2: units, activation="tanh", recurrent_activation:"-2.2"="hard_sigmoid", recurrent_activation:"2.3-"="sigmoid",
     use_bias=True, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None,
     bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, implementation:"-2.2"=1, implementation:"2.3-2.3"=2,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, time_major:"2.4-"=False,
     unroll=False, **_
  3: units, activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None,
     return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     use_cudnn:"3.2-"="auto", **_

LSTMCell cell
  2: units, activation="tanh", recurrent_activation:"-2.2"="hard_sigmoid", recurrent_activation:"2.3-"="sigmoid",
     use_bias=True, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
     bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None,
     bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0,
     recurrent_dropout=0.0, implementation:"-2.2"=1, implementation:"2.3-2.3"=2, **_
  3: units, activation="tanh", recurrent_activation="sigmoid", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", unit_forget_bias=True, kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, **_

Masking masking
  2: mask_value=0.0, **_
  3: same

Maximum merge
  2: **_
  3: same

maximum merge
  2: inputs, **_
  3: same

MaxNumBoundingBoxes preprocessing
  3: [3.7-] max_number, fill_value=-1, **_

MaxoutDense other

MaxPooling1D pooling
  2: pool_size=2, strides=None, padding="valid", data_format:"2.2-"="channels_last", **_
  3: pool_size=2, strides=None, padding="valid", data_format=None, name=None, **_

MaxPooling2D pooling
  2: pool_size=(2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **_

MaxPooling3D pooling
  2: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None, **_

MelSpectrogram preprocessing
  3: [3.1-] fft_length=2048, sequence_stride=512, sequence_length=None, window="hann", sampling_rate=16000,
     num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10,
     ref_power=1.0, **_

Merge other

Minimum merge
  2: **_
  3: same

minimum merge
  2: inputs, **_
  3: same

MixUp preprocessing
  3: [3.8-] alpha=0.2, data_format=None, seed=None, **_

MultiHeadAttention attention
  2: [2.4-] num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None,
     kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, bias_constraint=None, **_
  3: num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None,
     sliding_window:"3.15-"=None, flash_attention:"3.7-"=None, kernel_initializer="glorot_uniform",
     bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None,
     kernel_constraint=None, bias_constraint=None, use_gate:"3.14-"=False, seed:"3.4-"=None, **_

Multiply merge
  2: **_
  3: same

multiply merge
  2: inputs, **_
  3: same

Normalization normalization
  2: [2.4-] axis=-1, mean=None, variance=None, invert:"2.10-"=False, **_
  3: axis=-1, mean=None, variance=None, invert=False, **_

Permute permute
  2: dims, **_
  3: same

Pipeline preprocessing
  3: [3.6-] layers, name=None

PReLU elementwise
  2: alpha_initializer="zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **_
  3: alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **_

RandAugment preprocessing
  3: [3.8-] value_range=(0, 255), num_ops=2, factor=0.5, interpolation="bilinear", seed=None, data_format=None, **_

RandomBrightness preprocessing
  2: [2.9-] factor, value_range=(0, 255), seed=None, **_
  3: same

RandomColorDegeneration preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomColorJitter preprocessing
  3: [3.8-] value_range=(0, 255), brightness_factor=None, contrast_factor=None, saturation_factor=None,
     hue_factor=None, seed=None, data_format=None, **_

RandomContrast preprocessing
  2: [2.4-] factor, seed=None, **_
  3: factor, value_range:"3.8-"=(0, 255), seed=None, **_

RandomCrop preprocessing
  2: [2.4-] height, width, seed=None, **_
  3: height, width, seed=None, data_format=None, name=None, **_

RandomElasticTransform preprocessing
  3: [3.10-] factor=1.0, scale=1.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0, value_range=(0,
     255), seed=None, data_format=None, **_

RandomErasing preprocessing
  3: [3.9-] factor=1.0, scale=(0.02, 0.33), fill_value=None, value_range=(0, 255), seed=None, data_format=None, **_

RandomFlip preprocessing
  2: [2.4-] mode="horizontal_and_vertical", seed=None, **_
  3: mode="horizontal_and_vertical", seed=None, data_format:"3.6-"=None, **_

RandomGaussianBlur preprocessing
  3: [3.9-] factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), data_format=None, seed=None, **_

RandomGrayscale preprocessing
  3: [3.8-] factor=0.5, data_format=None, seed=None, **_

RandomHeight preprocessing
  2: [2.4-] factor, interpolation="bilinear", seed=None, **_

RandomHue preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomInvert preprocessing
  3: [3.9-] factor=1.0, value_range=(0, 255), seed=None, data_format=None, **_

RandomPerspective preprocessing
  3: [3.9-] factor=1.0, scale=1.0, interpolation="bilinear", fill_value=0.0, seed=None, data_format=None, **_

RandomPosterization preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomRotation preprocessing
  2: [2.4-] factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0, **_
  3: factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0, value_range:"-3.5"=(0, 255),
     data_format=None, **_

RandomSaturation preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomSharpness preprocessing
  3: [3.8-] factor, value_range=(0, 255), data_format=None, seed=None, **_

RandomShear preprocessing
  3: [3.8-] x_factor=0.0, y_factor=0.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
     data_format=None, seed=None, **_

RandomTranslation preprocessing
  2: [2.4-] height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     **_
  3: height_factor, width_factor, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     data_format=None, **_

RandomWidth preprocessing
  2: [2.4-] factor, interpolation="bilinear", seed=None, **_

RandomZoom preprocessing
  2: [2.4-] height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None,
     fill_value=0.0, **_
  3: height_factor, width_factor=None, fill_mode="reflect", interpolation="bilinear", seed=None, fill_value=0.0,
     data_format=None, **_

ReLU elementwise
  2: [2.2-] max_value=None, negative_slope:"-2.3"=0.0, threshold:"-2.3"=0.0, negative_slope:"2.4-2.6"=0,
     threshold:"2.4-2.6"=0, negative_slope:"2.7-"=0.0, threshold:"2.7-"=0.0, **_
  3: max_value=None, negative_slope=0.0, threshold=0.0, **_

RepeatVector repeat
  2: n, **_
  3: same

Rescaling elementwise
  2: [2.4-] scale, offset=0.0, **_
  3: same

Reshape reshape
  2: target_shape, **_
  3: same

Resizing preprocessing
  2: [2.4-] height, width, interpolation="bilinear", crop_to_aspect_ratio=False, **_
  3: height, width, interpolation="bilinear", crop_to_aspect_ratio=False, pad_to_aspect_ratio:"3.3-"=False,
     fill_mode:"3.3-"="constant", fill_value:"3.3-"=0.0, antialias:"3.9-"=False, data_format=None, **_

ReversibleEmbedding other
  3: [3.12-] input_dim, output_dim, tie_weights=True, embeddings_initializer="uniform", embeddings_regularizer=None,
     embeddings_constraint=None, mask_zero=False, reverse_dtype=None, logit_soft_cap=None, **_

RMSNormalization normalization
  3: [3.9-] axis=-1, epsilon=1e-06, **_

RNN rnn
  2: cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     time_major:"2.4-"=False, **_
  3: cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     zero_output_for_mask=False, **_

SeparableConv1D conv
  2: [2.1-] filters, kernel_size, strides=1, padding="valid", data_format:"-2.1"=None,
     data_format:"2.2-2.3"="channels_last", data_format:"2.4-"=None, dilation_rate=1, depth_multiplier=1,
     activation=None, use_bias=True, depthwise_initializer="glorot_uniform", pointwise_initializer="glorot_uniform",
     bias_initializer="zeros", depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, **_
  3: filters, kernel_size, strides=1, padding="valid", data_format=None, dilation_rate=1, depth_multiplier=1,
     activation=None, use_bias=True, depthwise_initializer="glorot_uniform", pointwise_initializer="glorot_uniform",
     bias_initializer="zeros", depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, **_

SeparableConv2D conv
  2: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate:"2.1-"=(1, 1),
     depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
     pointwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
     pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
     pointwise_constraint=None, bias_constraint=None, **_
  3: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, dilation_rate=(1, 1),
     depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer="glorot_uniform",
     pointwise_initializer="glorot_uniform", bias_initializer="zeros", depthwise_regularizer=None,
     pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None,
     pointwise_constraint=None, bias_constraint=None, **_

SimpleRNN recurrent
  2: units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, return_sequences=False,
     return_state=False, go_backwards=False, stateful=False, unroll=False, **_
  3: units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, return_sequences=False,
     return_state=False, go_backwards=False, stateful=False, unroll=False, seed=None, **_

SimpleRNNCell cell
  2: units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, **_
  3: units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
     recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
     recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None, recurrent_constraint=None,
     bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, **_

Softmax elementwise
  2: [2.1-] axis=-1, **_
  3: same

Solarization preprocessing
  3: [3.6-] addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None, **_

SpatialDropout1D spatial-dropout
  2: rate, **_
  3: rate, seed=None, name=None, dtype=None

SpatialDropout2D spatial-dropout
  2: rate, data_format=None, **_
  3: rate, data_format=None, seed=None, name=None, dtype=None

SpatialDropout3D spatial-dropout
  2: rate, data_format=None, **_
  3: rate, data_format=None, seed=None, name=None, dtype=None

SpectralNormalization wrapper
  2: [2.13-] layer, power_iterations=1, **_
  3: same

StackedRNNCells stacked-cells
  2: cells, **_
  3: same

STFTSpectrogram preprocessing
  3: [3.7-] mode="log", frame_length=256, frame_step=None, fft_length=None, window="hann", periodic=False,
     scaling="density", padding="valid", expand_dims=False, data_format=None, **_

StringLookup preprocessing
  2: [2.4-] max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None,
     idf_weights:"2.7-"=None, encoding:"-2.10"=None, encoding:"2.11-"="utf-8", invert=False, output_mode="int",
     sparse=False, pad_to_max_tokens=False, **_
  3: max_tokens=None, num_oov_indices=1, mask_token=None, oov_token="[UNK]", vocabulary=None, idf_weights=None,
     invert=False, output_mode="int", pad_to_max_tokens=False, sparse=False, encoding="utf-8", name=None,
     salt:"3.14-"=None, **_

Subtract merge
  2: **_
  3: same

subtract merge
  2: inputs, **_
  3: same

TextVectorization preprocessing
  2: [2.4-] max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None,
     output_mode="int", output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None,
     idf_weights:"2.7-"=None, sparse:"2.7-"=False, ragged:"2.7-"=False, encoding:"2.11-"="utf-8", **_
  3: max_tokens=None, standardize="lower_and_strip_punctuation", split="whitespace", ngrams=None, output_mode="int",
     output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, idf_weights=None, sparse=False,
     ragged=False, encoding="utf-8", name=None, **_

TFSMLayer other
  3: [3.15-] filepath, call_endpoint="serve", call_training_endpoint=None, trainable=True, name=None, dtype=None

ThresholdedReLU elementwise
  2: theta=1.0, **_

TimeDistributed time-distributed
  2: layer, **_
  3: same

TimeDistributedDense other

TorchModuleWrapper other
  3: [3.15-] module, name=None, output_shape=None, **_

UnitNormalization normalization
  2: [2.9-] axis=-1, **_
  3: same

UpSampling1D upsampling
  2: size=2, **_
  3: same

UpSampling2D upsampling
  2: size=(2, 2), data_format=None, interpolation:"2.2-"="nearest", **_
  3: size=(2, 2), data_format=None, interpolation="nearest", **_

UpSampling3D upsampling
  2: size=(2, 2, 2), data_format=None, **_
  3: same

Wrapper wrapper
  2: layer, **_
  3: same

ZeroPadding1D padding
  2: padding=1, **_
  3: padding=1, data_format:"3.5-"=None, **_

ZeroPadding2D padding
  2: padding=(1, 1), data_format=None, **_
  3: same

ZeroPadding3D padding
  2: padding=(1, 1, 1), data_format=None, **_
  3: padding=((1, 1), (1, 1), (1, 1)), data_format=None, **_

AvgPool1D = AveragePooling1D

AvgPool2D = AveragePooling2D

AvgPool3D = AveragePooling3D

Convolution1D = Conv1D

Convolution1DTranspose = Conv1DTranspose

Convolution2D = Conv2D

Convolution2DTranspose = Conv2DTranspose

Convolution3D = Conv3D

Convolution3DTranspose = Conv3DTranspose

GlobalAvgPool1D = GlobalAveragePooling1D

GlobalAvgPool2D = GlobalAveragePooling2D

GlobalAvgPool3D = GlobalAveragePooling3D

GlobalMaxPool1D = GlobalMaxPooling1D

GlobalMaxPool2D = GlobalMaxPooling2D

GlobalMaxPool3D = GlobalMaxPooling3D

MaxPool1D = MaxPooling1D

MaxPool2D = MaxPooling2D

MaxPool3D = MaxPooling3D

SeparableConvolution1D = SeparableConv1D

SeparableConvolution2D = SeparableConv2D
"""
