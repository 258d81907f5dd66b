"""Models written by hand for the differential test: idioms that the generator does not reach."""

from __future__ import annotations

from textwrap import dedent

_SOURCES = {
    "encoder and decoder over states": """
        from keras import Input, Model
        from keras.layers import LSTM, Dense, Embedding

        LATENT = 16
        encoder_inputs = Input(shape=(None,))
        embedded = Embedding(100, 12, mask_zero=True)(encoder_inputs)
        encoder_outputs, state_h, state_c = LSTM(LATENT, return_state=True, dropout=0.2)(embedded)
        encoder_states = [state_h, state_c]
        decoder_inputs = Input(shape=(None, 7))
        decoder_lstm = LSTM(LATENT, return_sequences=True, return_state=True)
        decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
        decoder_dense = Dense(7, activation="softmax")
        decoder_outputs = decoder_dense(decoder_outputs)
        model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
        inference = Model(encoder_inputs, encoder_states)
    """,
    "siamese": """
        import keras
        from keras import layers

        def tower(shape):
            inputs = keras.Input(shape)
            x = layers.SpatialDropout1D(0.3)(inputs)
            x = layers.Bidirectional(layers.GRU(6, recurrent_dropout=0.1))(x)
            return keras.Model(inputs, x)

        base = tower((10, 4))
        left = keras.Input((10, 4))
        right = keras.Input((10, 4))
        distance = layers.Subtract()([base(left), base(right)])
        model = keras.Model([left, right], layers.Dense(1)(distance))
    """,
    "class registry and keyword splats": """
        from tensorflow import keras

        CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
        OPTIONS = {"return_sequences": True, "dropout": 0.1}

        def make(kind, units, **options):
            return CELLS[kind.lower()](units, **{**OPTIONS, **options})

        model = keras.Sequential([keras.Input((8, 3)), make("LSTM", 5), make("gru", units=4, dropout=0.0)])
        model.add(keras.layers.Dense(1))
    """,
    "dataclass defaults": """
        from dataclasses import dataclass, field
        import keras
        from keras import layers

        @dataclass
        class Config:
            units: int = 7
            rate: float = 0.25
            sizes: tuple = (4, 2)
            kernel: list = field(default_factory=lambda: [3])

        config = Config(units=5)
        model = keras.Sequential([layers.Input((9, 2))])
        model.add(layers.Conv1D(config.units, config.kernel[0], padding="same"))
        for size in config.sizes:
            model.add(layers.LSTM(size, return_sequences=size != config.sizes[-1]))
            model.add(layers.Dropout(config.rate))
    """,
    "a class that builds models": """
        import keras
        from keras.layers import GRU, Dense, Dropout, Input

        class Builder:
            UNITS = 8

            def __init__(self, steps, rate=0.5):
                self.steps = steps
                self.rate = rate
                self.model = None

            def _stack(self, x, depth):
                for i in range(depth):
                    x = GRU(self.UNITS // (i + 1), return_sequences=i < depth - 1)(x)
                    x = Dropout(self.rate)(x)
                return x

            def build(self, depth=2):
                inputs = Input((self.steps, 3))
                outputs = Dense(1)(self._stack(inputs, depth))
                self.model = keras.Model(inputs, outputs)
                return self.model

        model = Builder(12, rate=0.4).build(depth=3)
    """,
    "subclassed model with a list of blocks": """
        import keras
        from keras import layers

        class Net(keras.Model):
            def __init__(self, sizes=(8, 4), rate=0.2):
                super().__init__()
                self.blocks = [layers.LSTM(size, return_sequences=True) for size in sizes]
                self.drops = [layers.Dropout(rate, noise_shape=(None, 1, None)) for _ in sizes]
                self.head = keras.Sequential([layers.GlobalMaxPooling1D(), layers.Dense(2)])

            def call(self, inputs, training=False):
                x = inputs
                for block, drop in zip(self.blocks, self.drops):
                    x = block(drop(x, training=training))
                return self.head(x)

        inputs = keras.Input((10, 6))
        model = keras.Model(inputs, Net()(inputs))
    """,
    "subclassed model over a base of the user's": """
        import keras
        from keras import layers

        class Base(keras.Model):
            rate = 0.1

            def __init__(self, units):
                super().__init__()
                self.rnn = self.make_rnn(units)
                self.drop = layers.Dropout(self.rate)

            def make_rnn(self, units):
                raise NotImplementedError

            def call(self, x):
                return self.rnn(self.drop(x))

        class Net(Base):
            rate = 0.3

            def make_rnn(self, units):
                return layers.GRU(units)

        inputs = keras.Input((10, 6))
        model = keras.Model(inputs, Net(5)(inputs))
    """,
    "cells of several kinds": """
        import keras
        from keras import layers

        cells = [layers.LSTMCell(n, recurrent_dropout=0.1) for n in (8, 6)]
        cells.append(layers.GRUCell(4, dropout=0.2))
        stacked = layers.StackedRNNCells(cells)
        inputs = layers.Input((7, 3))
        x = layers.RNN(stacked, return_sequences=True)(inputs)
        x = layers.Bidirectional(layers.RNN(layers.SimpleRNNCell(5)), merge_mode="sum")(x)
        model = keras.Model(inputs, x)
    """,
    "bidirectional with its own backward layer": """
        import keras
        from keras import layers

        forward = layers.LSTM(4, return_sequences=True)
        backward = layers.GRU(4, return_sequences=True, go_backwards=True)
        model = keras.Sequential([
            layers.Input((5, 2)),
            layers.Bidirectional(forward, backward_layer=backward, merge_mode="ave"),
            layers.TimeDistributed(layers.Dense(3)),
        ])
    """,
    "video": """
        import keras
        from keras import layers

        frames = layers.Input((4, 16, 16, 3))
        cnn = keras.Sequential([
            layers.Conv2D(4, (3, 3), activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ])
        x = layers.TimeDistributed(cnn)(frames)
        x = layers.TimeDistributed(layers.Dropout(0.5))(x)
        x = layers.LSTM(8)(x)
        model = keras.Model(frames, x)
    """,
    "convolutional recurrence": """
        import keras
        from keras.layers import BatchNormalization, Conv3D, ConvLSTM2D, Input

        model = keras.Sequential([
            Input((5, 8, 8, 1)),
            ConvLSTM2D(filters=4, kernel_size=(3, 3), padding="same", return_sequences=True, dropout=0.2),
            BatchNormalization(),
            ConvLSTM2D(4, 3, padding="valid", return_sequences=True, recurrent_dropout=0.1),
            Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same"),
        ])
    """,
    "shapes asked of tensors": """
        import keras
        from keras import layers, ops

        inputs = keras.Input((12, 4))
        x = layers.Conv1D(6, 3, strides=2)(inputs)
        steps, features = x.shape[1], x.shape[-1]
        x = layers.Reshape((features, steps))(x)
        x = layers.Permute((2, 1))(x)
        x = layers.Dropout(0.2, noise_shape=(None, 1, x.shape[2]))(x)
        x = ops.reshape(x, (-1, steps * features, 1))
        x = layers.LSTM(3)(x)
        model = keras.Model(inputs, x)
    """,
    "layers looked up again": """
        import keras
        from keras import layers

        gru = layers.GRU(4, return_sequences=True, name="gru")
        base = keras.Sequential([layers.Input((6, 2)), gru, layers.Dense(3)])
        features = base.get_layer("gru").output
        last = base.layers[-1].output
        merged = layers.Concatenate()([features, last])
        model = keras.Model(base.inputs, layers.LSTM(2)(merged))
    """,
    "merges by function and operator": """
        import keras
        from keras import layers

        a = keras.Input((5, 4))
        b = layers.Dense(4)(a)
        c = layers.add([a, b])
        d = layers.multiply([c, b])
        e = layers.concatenate([c, d], axis=1)
        f = layers.average([e, e + 1])
        g = f * 2 - e
        model = keras.Model(a, layers.SimpleRNN(3, dropout=0.1)(g))
    """,
    "attention": """
        import keras
        from keras import layers

        query = keras.Input((6, 8))
        value = keras.Input((9, 8))
        x = layers.MultiHeadAttention(num_heads=2, key_dim=4, dropout=0.1)(query, value)
        x = layers.LayerNormalization(epsilon=1e-6)(x + query)
        y = layers.Attention()([x, value])
        z = layers.Dot(axes=(2, 2))([x, y])
        model = keras.Model([query, value], layers.LSTM(4)(z))
    """,
    "strided, dilated and causal windows": """
        import keras
        from keras import layers

        x = inputs = keras.Input((32, 2))
        for i, rate in enumerate([1, 2, 4]):
            x = layers.Conv1D(4 * (i + 1), kernel_size=3, dilation_rate=rate, padding="causal", activation="relu")(x)
        x = layers.Conv1D(8, 4, dilation_rate=2, padding="valid")(x)
        x = layers.MaxPooling1D(3, strides=2, padding="same")(x)
        x = layers.Conv1DTranspose(6, 3, strides=2, padding="same")(x)
        x = layers.Cropping1D((1, 2))(x)
        x = layers.ZeroPadding1D(2)(x)
        x = layers.UpSampling1D(3)(x)
        x = layers.AveragePooling1D(2)(x)
        model = keras.Model(inputs, layers.LSTM(3)(x))
    """,
    "autoencoder": """
        import keras
        from keras import layers

        timesteps, features = 10, 2
        model = keras.models.Sequential()
        model.add(layers.LSTM(16, activation="relu", input_shape=(timesteps, features)))
        model.add(layers.Dropout(rate=0.2))
        model.add(layers.RepeatVector(timesteps))
        model.add(layers.LSTM(16, activation="relu", return_sequences=True))
        model.add(layers.TimeDistributed(layers.Dense(features)))
        model.compile(loss="mae", optimizer="adam")
    """,
    "batch size fixed": """
        import keras
        from keras import layers

        model = keras.Sequential([
            keras.Input(batch_shape=(32, 10, 4)),
            layers.Dropout(0.5, noise_shape=(32, 1, 4)),
            layers.LSTM(6, stateful=True, return_sequences=True),
            layers.Flatten(),
        ])
    """,
    "nested sequentials": """
        import keras
        from keras import layers

        inner = keras.Sequential(name="inner")
        inner.add(layers.Dense(4))
        inner.add(layers.Dropout(0.1))
        outer = keras.Sequential([layers.Input((6, 3)), inner, layers.GRU(5)])
        model = keras.Sequential()
        model.add(outer)
        model.add(layers.Dense(1))
    """,
    "argparse defaults": """
        import argparse
        import keras
        from keras import layers

        parser = argparse.ArgumentParser()
        parser.add_argument("--units", type=int, default=6)
        parser.add_argument("--rate", type=float, default=0.3)
        args = parser.parse_args([])
        model = keras.Sequential([layers.Input((4, 3)), layers.Dropout(args.rate), layers.LSTM(args.units)])
    """,
    "recursion": """
        import keras
        from keras import layers

        def deepen(x, depth):
            if depth == 0:
                return x
            return deepen(layers.GRU(depth, return_sequences=True)(x), depth - 1)

        inputs = keras.Input((4, 3))
        model = keras.Model(inputs, layers.Dense(1)(deepen(inputs, 2)))
    """,
}

MODELS = {name: dedent(text).lstrip() for name, text in _SOURCES.items()}

# What the interpreter is allowed not to know.
UNKNOWN: dict[str, tuple[str, ...]] = {
    "argparse defaults": ("argument", "shape"),
    "dataclass defaults": ("argument",),  # a default_factory is not called
    "video": ("argument",),  # a model inside of TimeDistributed
    "recursion": ("node", "shape"),
}
