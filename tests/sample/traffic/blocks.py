"""Building blocks of the forecasters."""

from keras import layers

from .config import RATE


def smooth(x, filters):
    """Local averages over the half-hours."""
    x = layers.Conv1D(filters, 3, padding="causal")(x)
    return layers.Activation("relu")(x)


def regularize(x, rate=RATE):
    """Dropout between two recurrent layers."""
    return layers.Dropout(rate)(x)


def regularize_sequence(x, rate=RATE):
    """Dropout with one mask for all half-hours of a window."""
    return layers.Dropout(rate, noise_shape=(None, 1, x.shape[-1]))(x)


def recurrent(units, last=False, **options):
    """A recurrent layer; all but the last hand on every half-hour."""
    return layers.LSTM(units, return_sequences=not last, **options)
