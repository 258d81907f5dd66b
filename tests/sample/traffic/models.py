"""The forecasters."""

import keras
from keras import layers

from .blocks import recurrent, regularize, regularize_sequence, smooth
from .config import RATE, SENSORS, STEPS


def single_sensor():
    """One counting loop in, its next value out."""
    model = keras.Sequential()
    model.add(keras.Input(shape=(STEPS, 1)))
    model.add(layers.Dropout(RATE))
    model.add(layers.LSTM(32))
    model.add(layers.Dense(1))
    return model


def all_sensors(depth=2):
    """All counting loops in, the next value of each out."""
    inputs = keras.Input(shape=(STEPS, SENSORS))
    x = smooth(inputs, 64)
    for _ in range(depth - 1):
        x = recurrent(64)(x)
        x = regularize(x)
    x = recurrent(64, last=True, recurrent_dropout=RATE)(x)
    return keras.Model(inputs, layers.Dense(SENSORS)(x), name="all_sensors")


def all_sensors_shared_masks(depth=2):
    """The same with masks that are shared over time."""
    inputs = keras.Input(shape=(STEPS, SENSORS))
    x = smooth(inputs, 64)
    for _ in range(depth - 1):
        x = recurrent(64)(x)
        x = regularize_sequence(x)
    x = recurrent(64, last=True, dropout=RATE)(x)
    return keras.Model(inputs, layers.Dense(SENSORS)(x), name="shared_masks")


def with_gaps():
    """Half-hours without a reading are -1 and masked."""
    return keras.Sequential(
        [
            keras.Input(shape=(STEPS, SENSORS)),
            layers.Dropout(RATE),
            layers.Masking(mask_value=-1.0),
            layers.Bidirectional(layers.GRU(48)),
            layers.Dense(SENSORS),
        ]
    )
