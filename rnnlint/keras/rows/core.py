"""Everything else: dense, embedding, merging, attention, normalization, shapes, and layers of Keras 1."""

ROWS = """
Activation elementwise
  2: activation, **_
  3: same

ActivityRegularization elementwise
  2: l1=0.0, l2=0.0, **_
  3: same

Add merge
  2: **_
  3: same

add merge
  2: inputs, **_
  3: same

AdditiveAttention attention
  2: [2.4-] use_scale=True, **_
  3: use_scale=True, dropout=0.0, **_

AtrousConvolution1D other

AtrousConvolution2D other

Attention attention
  2: [2.4-] use_scale=False, score_mode:"2.9-"="dot", **_
  3: use_scale=False, score_mode="dot", dropout=0.0, seed=None, **_

Average merge
  2: **_
  3: same

average merge
  2: inputs, **_
  3: same

BatchNormalization normalization
  2: axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
     gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
     beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
     synchronized:"2.12-"=False, **_
  3: axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, beta_initializer="zeros",
     gamma_initializer="ones", moving_mean_initializer="zeros", moving_variance_initializer="ones",
     beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None,
     renorm:"3.14-"=False, renorm_clipping:"3.14-"=None, renorm_momentum:"3.14-"=0.99, synchronized=False, **_

Concatenate merge
  2: axis=-1, **_
  3: same

concatenate merge
  2: inputs, axis=-1, **_
  3: same

Dense dense
  2: units, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, **_
  3: units, activation=None, use_bias=True, kernel_initializer="glorot_uniform", bias_initializer="zeros",
     kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None,
     bias_constraint=None, lora_rank=None, lora_alpha:"3.10-"=None, quantization_config:"3.13-"=None, **_

DenseFeatures other
  2: [2.15-] feature_columns, trainable=True, name=None, **_

Dot dot
  2: axes, normalize=False, **_
  3: same

dot dot
  2: inputs, axes, normalize=False, **_
  3: inputs, axes=-1, **_

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

Flatten flatten
  2: data_format:"2.1-2.1"="channels_last", data_format:"2.2-"=None, **_
  3: data_format=None, **_

FlaxLayer other
  3: [3.15-] module, method=None, variables=None, **_

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

Masking masking
  2: mask_value=0.0, **_
  3: same

Maximum merge
  2: **_
  3: same

maximum merge
  2: inputs, **_
  3: same

MaxoutDense other

Merge other

Minimum merge
  2: **_
  3: same

minimum merge
  2: inputs, **_
  3: same

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

PReLU elementwise
  2: alpha_initializer="zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **_
  3: alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **_

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

ReversibleEmbedding other
  3: [3.12-] input_dim, output_dim, tie_weights=True, embeddings_initializer="uniform", embeddings_regularizer=None,
     embeddings_constraint=None, mask_zero=False, reverse_dtype=None, logit_soft_cap=None, **_

RMSNormalization normalization
  3: [3.9-] axis=-1, epsilon=1e-06, **_

Softmax elementwise
  2: [2.1-] axis=-1, **_
  3: same

Subtract merge
  2: **_
  3: same

subtract merge
  2: inputs, **_
  3: same

TFSMLayer other
  3: [3.15-] filepath, call_endpoint="serve", call_training_endpoint=None, trainable=True, name=None, dtype=None

ThresholdedReLU elementwise
  2: theta=1.0, **_

TimeDistributedDense other

TorchModuleWrapper other
  3: [3.15-] module, name=None, output_shape=None, **_

UnitNormalization normalization
  2: [2.9-] axis=-1, **_
  3: same
"""
