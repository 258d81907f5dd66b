"""Convolutions, and what goes with them: pooling, upsampling, padding and cropping."""

ROWS = """
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

AveragePooling1D pooling
  2: pool_size=2, strides=None, padding="valid", data_format:"2.2-"="channels_last", **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

AveragePooling2D pooling
  2: pool_size=(2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

AveragePooling3D pooling
  2: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size, strides=None, padding="valid", data_format=None, name=None, **_

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

Cropping1D cropping
  2: cropping=(1, 1), **_
  3: same

Cropping2D cropping
  2: cropping=((0, 0), (0, 0)), data_format=None, **_
  3: same

Cropping3D cropping
  2: cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **_
  3: same

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

LocallyConnected1D conv
  2: filters, kernel_size, strides=1, padding="valid", data_format=None, activation=None, use_bias=True,
     kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation:"2.4-"=1, **_

LocallyConnected2D conv
  2: filters, kernel_size, strides=(1, 1), padding="valid", data_format=None, activation=None, use_bias=True,
     kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
     activity_regularizer=None, kernel_constraint=None, bias_constraint=None, implementation:"2.4-"=1, **_

MaxPooling1D pooling
  2: pool_size=2, strides=None, padding="valid", data_format:"2.2-"="channels_last", **_
  3: pool_size=2, strides=None, padding="valid", data_format=None, name=None, **_

MaxPooling2D pooling
  2: pool_size=(2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **_

MaxPooling3D pooling
  2: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, **_
  3: pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None, **_

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

UpSampling1D upsampling
  2: size=2, **_
  3: same

UpSampling2D upsampling
  2: size=(2, 2), data_format=None, interpolation:"2.2-"="nearest", **_
  3: size=(2, 2), data_format=None, interpolation="nearest", **_

UpSampling3D upsampling
  2: size=(2, 2, 2), data_format=None, **_
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
