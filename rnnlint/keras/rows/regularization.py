"""Layers that drop or add noise."""

ROWS = """
AlphaDropout alpha-dropout
  2: rate, noise_shape=None, seed=None, **_
  3: same

Dropout dropout
  2: rate, noise_shape=None, seed=None, **_
  3: same

GaussianDropout gaussian-dropout
  2: rate, seed:"2.7-"=None, **_
  3: rate, seed=None, **_

GaussianNoise noise
  2: stddev, seed:"2.7-"=None, **_
  3: stddev, seed=None, **_

SpatialDropout1D spatial-dropout
  2: rate, **_
  3: rate, seed=None, name=None, dtype=None

SpatialDropout2D spatial-dropout
  2: rate, data_format=None, **_
  3: rate, data_format=None, seed=None, name=None, dtype=None

SpatialDropout3D spatial-dropout
  2: rate, data_format=None, **_
  3: rate, data_format=None, seed=None, name=None, dtype=None
"""
