"""Recurrent layers, their cells, and the wrappers."""

ROWS = """
AbstractRNNCell cell
  2: [2.4-] trainable=True, name=None, dtype=None, dynamic=False, **_

Bidirectional bidirectional
  2: layer, merge_mode="concat", weights=None, backward_layer:"2.4-"=None, **_
  3: layer, merge_mode="concat", weights=None, backward_layer=None, **_

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

RNN rnn
  2: cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     time_major:"2.4-"=False, **_
  3: cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False,
     zero_output_for_mask=False, **_

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

SpectralNormalization wrapper
  2: [2.13-] layer, power_iterations=1, **_
  3: same

StackedRNNCells stacked-cells
  2: cells, **_
  3: same

TimeDistributed time-distributed
  2: layer, **_
  3: same

Wrapper wrapper
  2: layer, **_
  3: same
"""
