"""Hypothesis strategies for the source of Keras models: many spellings of what people write around recurrent layers.

Shapes are followed just far enough for most sources to be valid; what Keras refuses all the same is discarded by the
test. Everything that varies is drawn, so that Hypothesis shrinks a source to the smallest one that still differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
# Without the batch axis: (timesteps, features), (features,), or (timesteps, rows, channels). None: any number.
Dims = tuple[int | None, ...]

# The leading parameters of each constructor, for arguments by position.
POSITIONAL = {
    "Dense": ("units", "activation", "use_bias"),
    "LSTM": ("units", "activation", "recurrent_activation", "use_bias"),
    "GRU": ("units", "activation", "recurrent_activation", "use_bias"),
    "SimpleRNN": ("units", "activation", "use_bias"),
    "LSTMCell": ("units", "activation", "recurrent_activation"),
    "GRUCell": ("units", "activation", "recurrent_activation"),
    "SimpleRNNCell": ("units", "activation", "use_bias"),
    "RNN": ("cell", "return_sequences", "return_state"),
    "StackedRNNCells": ("cells",),
    "Bidirectional": ("layer", "merge_mode"),
    "TimeDistributed": ("layer",),
    "Dropout": ("rate", "noise_shape", "seed"),
    "SpatialDropout1D": ("rate", "seed"),
    "GaussianDropout": ("rate", "seed"),
    "AlphaDropout": ("rate", "noise_shape", "seed"),
    "GaussianNoise": ("stddev",),
    "Conv1D": ("filters", "kernel_size", "strides", "padding"),
    "SeparableConv1D": ("filters", "kernel_size", "strides", "padding"),
    "DepthwiseConv1D": ("kernel_size", "strides", "padding"),
    "Conv1DTranspose": ("filters", "kernel_size", "strides", "padding"),
    "Conv2D": ("filters", "kernel_size", "strides", "padding"),
    "ConvLSTM1D": ("filters", "kernel_size", "strides", "padding"),
    "MaxPooling1D": ("pool_size", "strides", "padding"),
    "AveragePooling1D": ("pool_size", "strides", "padding"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "Activation": ("activation",),
    "Masking": ("mask_value",),
    "Permute": ("dims",),
    "Reshape": ("target_shape",),
    "RepeatVector": ("n",),
    "UpSampling1D": ("size",),
    "ZeroPadding1D": ("padding",),
    "Cropping1D": ("cropping",),
    "Embedding": ("input_dim", "output_dim"),
    "Lambda": ("function",),
    "BatchNormalization": ("axis", "momentum", "epsilon"),
    "Concatenate": ("axis",),
    "MultiHeadAttention": ("num_heads", "key_dim"),
}

IMPORTS = {
    "from keras import layers": ("import keras\nfrom keras import layers\n", "layers.{}"),
    "keras.layers": ("import keras\n", "keras.layers.{}"),
    "from tensorflow": ("from tensorflow import keras\n", "keras.layers.{}"),
    "tf.keras": ("import tensorflow as tf\nimport keras\n", "tf.keras.layers.{}"),
    "tensorflow.keras": ("import keras\nfrom tensorflow.keras import layers\n", "layers.{}"),
    "as L": ("import keras\nimport keras.layers as L\n", "L.{}"),
    "star": ("import keras\nfrom keras.layers import *\n", "{}"),
    "names": ("import keras\nfrom keras.layers import (\n    NAMES\n)\n", "{}"),
    "assigned": ("import tensorflow as tf\nkeras = tf.keras\nlayers = keras.layers\n", "layers.{}"),
    "try": (
        """\
try:
    import keras
    from tensorflow.keras import layers as kl
except ImportError:
    import keras
    from keras import layers as kl
""",
        "kl.{}",
    ),
}


@dataclass
class Writer:
    """A source under construction: the draws, what stands at its top, and its body."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    style: str = ""
    header: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    indent: int = 0
    count: int = 0

    def pick(self, options: Sequence[T]) -> T:
        chosen: T = self.draw(st.sampled_from(options))
        return chosen

    def chance(self, one_in: int) -> bool:
        """True one time in so many; shrinks to False."""
        return bool(self.draw(st.integers(0, one_in - 1)) == one_in - 1)

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def fresh(self, stem: str) -> str:
        self.count += 1
        return f"{stem}_{self.count}"

    def line(self, text: str) -> None:
        self.body.append("    " * self.indent + text)

    def cls(self, name: str) -> str:
        self.names.add(name)
        return IMPORTS[self.style][1].format(name)

    def source(self) -> str:
        top = IMPORTS[self.style][0].replace("NAMES", ", ".join(sorted(self.names)) or "Dense")
        return top + "\n".join([*self.header, *self.body]) + "\n"

    # -- values and calls

    def value(self, text: str) -> str:
        """A constant spelled in one of the ways in which code spells constants."""
        way = self.number(0, 11)
        if way == 1:
            name = self.fresh("VALUE")
            self.header.append(f"{name} = {text}")
            return name
        if way == 2:
            name = self.fresh("CONFIG")
            self.header.append(f'{name} = {{"this": {text}, "other": None}}')
            return f'{name}["this"]'
        if way == 3 and text.isdigit():
            return f"{int(text) - 1} + 1"
        if way == 4 and text.isdigit():
            return f"{int(text) * 2} // 2"
        if way == 5:
            name = self.fresh("FLAG")
            self.header.append(f"{name} = {self.pick(('True', 'False'))}")
            return f"({text} if {name} or not {name} else None)"
        return text

    def call(self, name: str, args: dict[str, str]) -> str:
        """`name(...)` with the arguments by position, by keyword, or through a splat."""
        left = dict(args)
        parts: list[str] = []
        for parameter in POSITIONAL.get(name, ()):
            if parameter not in left or self.chance(2):
                break
            parts.append(left.pop(parameter))
        if parts and self.chance(8):
            parts = [*parts[:-1], f"*({parts[-1]},)"]
        elif len(parts) > 1 and self.chance(8):
            splat = self.fresh("args")
            self.line(f"{splat} = [{', '.join(parts)}]")
            parts = [f"*{splat}"]
        keywords = list(left.items())
        if len(keywords) > 1 and self.chance(3):
            keywords.reverse()
        if keywords and self.chance(8):
            key, text = keywords.pop()
            splat = self.fresh("options")
            self.line(self.pick((f'{splat} = {{"{key}": {text}}}', f"{splat} = dict({key}={text})")))
            keywords.append(("**", splat))
        for key, text in keywords:
            parts.append(f"**{text}" if key == "**" else f"{key}={text}")
        made = f"{self.cls(name)}({', '.join(parts)})"
        if self.chance(14):
            variable = self.fresh("layer")
            self.line(f"{variable} = {made}")
            return variable
        return made

    # -- layers

    def rate(self) -> str:
        return self.value(self.pick(("0.2", "0.5", "0.1", ".3", "1 / 4", "0", "0.")))

    def units(self) -> tuple[int, str]:
        units = self.number(1, 9)
        return units, self.value(str(units))

    def rnn_args(self, name: str, sequences: bool | None) -> tuple[int, dict[str, str]]:
        units, text = self.units()
        args = {"units": text}
        if self.chance(6):
            args["activation"] = self.value(self.pick(('"tanh"', '"relu"', "None", "keras.activations.tanh")))
            if name != "SimpleRNN" and self.chance(2):
                args["recurrent_activation"] = self.pick(('"sigmoid"', '"hard_sigmoid"'))
        if sequences:
            args["return_sequences"] = self.value("True")
        elif sequences is False and self.chance(4):
            args["return_sequences"] = self.value("False")
        if self.chance(3):
            args["dropout"] = self.rate()
        if self.chance(3):
            args["recurrent_dropout"] = self.rate()
        if sequences is not None:
            extra = self.pick(("", "", "", "", "go_backwards", "unroll", "stateful_no", "name", "use_cudnn"))
            if extra in ("go_backwards", "unroll"):
                args[extra] = "True"
            elif extra == "stateful_no":
                args["stateful"] = "False"
            elif extra == "name":
                args["name"] = f'"{self.fresh("rnn")}"'
            elif extra == "use_cudnn" and name != "SimpleRNN":
                args[extra] = self.pick(('"auto"', "False"))
        return units, args

    def recurrent(self, sequences: bool) -> tuple[int, str]:
        """A layer that eats timesteps: units and source."""
        way = self.number(0, 6)
        kind = self.pick(("LSTM", "GRU", "SimpleRNN"))
        if way <= 3:
            units, args = self.rnn_args(kind, sequences)
            return units, self.call(kind, args)
        if way == 4:
            count = self.number(1, 3)
            cells = []
            for _ in range(count):
                cell = self.pick(("LSTMCell", "GRUCell", "SimpleRNNCell"))
                units, args = self.rnn_args(cell, None)
                cells.append(self.call(cell, args))
            wrapped = cells[0] if count == 1 else f"[{', '.join(cells)}]"
            if count > 1 and self.chance(2):
                wrapped = self.call("StackedRNNCells", {"cells": wrapped})
            args = {"cell": wrapped}
            if sequences:
                args["return_sequences"] = self.value("True")
            return units, self.call("RNN", args)
        units, args = self.rnn_args(kind, sequences)
        outer = {"layer": self.call(kind, args)}
        mode = self.pick((None, None, '"concat"', '"sum"', '"ave"', '"mul"'))
        if mode is not None:
            outer["merge_mode"] = self.value(mode)
        if mode in (None, '"concat"'):
            units *= 2
        return units, self.call("Bidirectional", outer)

    def noise_shape(self, dims: Dims) -> str:
        steps, features = dims
        options = ["None", "(None, 1, None)", "(None, None, 1)", "[None, 1, None]", "(1, None, None)", "(None, 1, 1)"]
        if features is not None:
            options.append(f"(None, 1, {features})")
        if steps is not None:
            options.append(f"(None, {steps}, 1)")
        return self.value(self.pick(options))

    def dropout(self, dims: Dims) -> str:
        kind = self.pick(("Dropout", "Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout"))
        args = {"stddev" if kind == "GaussianNoise" else "rate": self.rate()}
        if len(dims) != 2:
            return self.call("Dropout", args)
        if kind in ("Dropout", "AlphaDropout") and self.chance(2):
            args["noise_shape"] = self.noise_shape(dims)
        if self.chance(5):
            args["seed"] = self.value("7")
        if kind == "Dropout" and self.chance(6):
            return self.call("TimeDistributed", {"layer": self.call("Dropout", {"rate": self.rate()})})
        return self.call(kind, args)

    def elementwise(self) -> str:
        way = self.number(0, 7)
        if way == 0:
            return self.call("Activation", {"activation": self.value(self.pick(('"relu"', '"tanh"', '"softmax"')))})
        if way == 1:
            return self.call("BatchNormalization", {"momentum": "0.9"} if self.chance(2) else {})
        if way == 2:
            return self.call("Lambda", {"function": "lambda t: t * 2.0"})
        return self.call(self.pick(("LayerNormalization", "ReLU", "LeakyReLU", "PReLU", "ELU")), {})

    def dense(self) -> tuple[int, str]:
        units, text = self.units()
        args = {"units": text}
        if self.chance(3):
            args["activation"] = self.value(self.pick(('"relu"', '"tanh"', "None")))
        if self.chance(6):
            args["use_bias"] = "False"
        return units, self.call("Dense", args)

    def window(self, steps: int | None) -> tuple[int | None, int, int, str]:
        """Timesteps after a window with `valid` or `same` padding: `(steps, size, stride, padding)`."""
        size = self.number(1, 3)
        stride = self.number(1, 2)
        padding = self.pick(("valid", "same"))
        if steps is None:
            return None, size, stride, padding
        if padding == "same":
            return -(-steps // stride), size, stride, padding
        return (steps - size) // stride + 1, size, stride, padding

    def size(self, number: int) -> str:
        return self.value(self.pick((str(number), f"({number},)", f"[{number}]")))

    def convolution(self, dims: Dims) -> tuple[Dims, str]:
        left, size, stride, padding = self.window(dims[0])
        kind = self.pick(("Conv1D", "Conv1D", "SeparableConv1D", "DepthwiseConv1D"))
        filters, text = self.units()
        args = {} if kind == "DepthwiseConv1D" else {"filters": text}
        args["kernel_size"] = self.size(size)
        if stride != 1 or self.chance(4):
            args["strides"] = self.size(stride) if kind == "Conv1D" else str(stride)
        if padding != "valid" or self.chance(4):
            args["padding"] = self.value(f'"{padding}"')
        if kind == "Conv1D" and stride == 1 and self.chance(4):
            args["padding"] = '"causal"'
            left = dims[0]
        return (left, dims[1] if kind == "DepthwiseConv1D" else filters), self.call(kind, args)

    def pooling(self, dims: Dims) -> tuple[Dims, str]:
        left, size, stride, padding = self.window(dims[0])
        args = {"pool_size": self.size(size)}
        if size != stride:
            args["strides"] = self.value(str(stride))
        if padding != "valid":
            args["padding"] = f'"{padding}"'
        return (left, dims[1]), self.call(self.pick(("MaxPooling1D", "AveragePooling1D")), args)

    def reshaping(self, dims: Dims) -> tuple[Dims, str]:
        steps, features = dims
        way = self.number(0, 5)
        if way == 0:
            return (features, steps), self.call("Permute", {"dims": self.value("(2, 1)")})
        if way == 1 and steps is not None:
            return (2 * steps, features), self.call("UpSampling1D", {"size": self.value("2")})
        if way == 2 and steps is not None:
            before, after = self.number(0, 2), self.number(0, 2)
            padding = self.value(f"({before}, {after})")
            return (steps + before + after, features), self.call("ZeroPadding1D", {"padding": padding})
        if way == 3 and steps is not None and steps > 3:
            return (steps - 2, features), self.call("Cropping1D", {"cropping": self.value("1")})
        if steps is None or features is None:
            return dims, self.call("Masking", {"mask_value": self.value("0.0")} if self.chance(2) else {})
        total = steps * features
        divisors = [n for n in range(1, total + 1) if total % n == 0]
        new = self.pick(divisors)
        text = self.pick((f"({new}, {total // new})", f"(-1, {total // new})", f"[{new}, -1]"))
        return (new, total // new), self.call("Reshape", {"target_shape": self.value(text)})

    def through_images(self, dims: Dims) -> tuple[Dims, list[str]]:
        """Some layers by way of rank 4 and back to (timesteps, features)."""
        steps, features = dims
        if steps is None or features is None:
            return dims, [self.elementwise()]
        chain = [self.call("Reshape", {"target_shape": f"({steps}, {features}, 1)"})]
        way = self.number(0, 4)
        filters, text = self.units()
        if way == 0:
            inner = self.call("Conv1D", {"filters": text, "kernel_size": "1"})
            chain += [self.call("TimeDistributed", {"layer": inner}), self.flat_steps()]
            return (steps, features * filters), chain
        if way == 1:
            args = {"filters": text, "kernel_size": "1", "return_sequences": "True"}
            if self.chance(2):
                args["recurrent_dropout"] = self.rate()
            chain += [self.call("ConvLSTM1D", args), self.flat_steps()]
            return (steps, features * filters), chain
        if way == 2:
            args = {"filters": text, "kernel_size": self.pick(("3", "(3, 1)")), "padding": '"same"'}
            chain += [self.call("Conv2D", args), self.flat_steps()]
            return (steps, features * filters), chain
        if way == 3:
            units, inner = self.recurrent(False)
            return (steps, units), [*chain, self.call("TimeDistributed", {"layer": inner})]
        chain += [self.call("MaxPooling2D", {"pool_size": "(1, 1)"}), self.flat_steps()]
        return (steps, features), chain

    def flat_steps(self) -> str:
        return self.call("TimeDistributed", {"layer": self.call("Flatten", {})})

    def step(self, dims: Dims) -> tuple[Dims, list[str]]:
        """One or a few layers on such an input: `(shape after, sources)`."""
        if len(dims) == 1:
            way = self.number(0, 5)
            if way == 0:
                steps = self.number(2, 5)
                return (steps, dims[0]), [self.call("RepeatVector", {"n": self.value(str(steps))})]
            if way == 1 and dims[0] is not None:
                return (dims[0], 1), [self.call("Reshape", {"target_shape": f"({dims[0]}, 1)"})]
            if way == 2:
                return dims, [self.dropout(dims)]
            if way == 3:
                return dims, [self.elementwise()]
            units, made = self.dense()
            return (units,), [made]
        way = self.number(0, 13)
        if way <= 3:
            units, made = self.recurrent(True)
            return (dims[0], units), [made]
        if way <= 5:
            return dims, [self.dropout(dims)]
        if way == 6:
            units, made = self.dense()
            if self.chance(3):
                made = self.call("TimeDistributed", {"layer": made})
            return (dims[0], units), [made]
        if way == 7:
            return dims, [self.elementwise()]
        if way == 8:
            after, made = self.convolution(dims)
            return after, [made]
        if way == 9:
            after, made = self.pooling(dims)
            return after, [made]
        if way == 10:
            after, made = self.reshaping(dims)
            return after, [made]
        if way == 11:
            return self.through_images(dims)
        if way == 12:
            units, made = self.recurrent(False)
            return (units,), [made]
        way = self.number(0, 2)
        if way == 0 and None not in dims:
            return (dims[0] * dims[1],), [self.call("Flatten", {})]  # type: ignore[operator]
        return (dims[1],), [self.call(self.pick(("GlobalMaxPooling1D", "GlobalAveragePooling1D")), {})]

    def keeping(self, dims: Dims) -> str:
        """A layer that keeps the shape: for loops and for branches that may or may not be taken."""
        if len(dims) == 2 and self.chance(2):
            kind = self.pick(("LSTM", "GRU"))
            return (
                self.call(kind, {"units": str(dims[1]), "return_sequences": "True"}) if dims[1] else self.elementwise()
            )
        return self.elementwise() if self.chance(2) else self.dropout(dims)

    def condition(self) -> tuple[str, bool]:
        """A condition and its outcome; most can be decided from the source, some only at run time."""
        truth = self.chance(2)
        way = self.number(0, 5)
        if way == 0:
            return "len(sys.argv) > 50", False
        if way == 1:
            name = self.fresh("SIZE")
            self.header.append(f"{name} = {7 if truth else 3}")
            return f"{name} > 5", truth
        if way == 2:
            name = self.fresh("MODE")
            self.header.append(f'{name} = "{"rnn" if truth else "cnn"}"')
            return f'{name} == "rnn"', truth
        if way == 3:
            name = self.fresh("USE")
            self.header.append(f"{name} = {not truth}")
            return f"not {name}", truth
        name = self.fresh("USE")
        self.header.append(f"{name} = {truth}")
        return name, truth

    # -- models

    def input_dims(self) -> Dims:
        steps = self.pick((4, 6, 12, None))
        return (steps, self.pick((1, 2, 3, 8)))

    def shape(self, dims: Dims) -> str:
        inner = ", ".join(str(one) for one in dims)
        return f"({inner},)" if len(dims) == 1 else f"({inner})"

    def input(self, dims: Dims) -> str:
        shape = self.value(self.shape(dims))
        call = self.pick(("keras.Input({})", "keras.Input(shape={})", "keras.layers.Input({})", "@({})", "@(shape={})"))
        return call.replace("@", self.cls("Input")).format(shape)

    def items(self, dims: Dims, low: int, high: int) -> tuple[Dims, list[str]]:
        """List items of a Sequential: layers, splats, conditional splats and nested models."""
        found: list[str] = []
        for _ in range(self.number(low, high)):
            way = self.number(0, 9)
            if way == 1:
                units = self.number(2, 6)
                count = self.number(1, 3)
                if len(dims) == 2:
                    item = f"{self.cls('GRU')}({units}, return_sequences=True)"
                    dims = (dims[0], units)
                else:
                    item = f"{self.cls('Dense')}({units})"
                    dims = (units,)
                found.append(f"*[{item} for _ in range({count})]")
            elif way == 2:
                condition, _ = self.condition()
                found.append(f"*([{self.keeping(dims)}] if {condition} else [])")
            elif way == 3:
                dims, inner = self.items(dims, 1, 2)
                model = f"keras.Sequential([{', '.join(inner)}])"
                found.append(model)
            else:
                dims, made = self.step(dims)
                found += made
        return dims, found

    def sequential_list(self) -> None:
        dims = self.input_dims()
        start: list[str] = []
        way = self.number(0, 4)
        if way <= 2:
            start = [self.input(dims)]
        elif way == 3:
            units = self.number(1, 8)
            shape = self.shape(dims)
            start = [f"{self.cls('LSTM')}({units}, return_sequences=True, input_shape={shape})"]
            dims = (dims[0], units)
        _, found = self.items(dims, 1, 5)
        found = start + found
        if self.chance(3):
            self.line(f"stack = [{found[0]}]")
            for item in found[1:]:
                if item.startswith("*"):
                    self.line(f"stack.extend({item[1:]})" if self.chance(2) else f"stack += {item[1:]}")
                else:
                    self.line(f"stack.append({item})")
            self.line("model = keras.Sequential(stack)")
        elif self.chance(3):
            self.line("model = keras.Sequential(")
            self.line("    [")
            for item in found:
                self.line(f"        {item},")
            self.line("    ]")
            self.line(")")
        else:
            self.line(f"model = {self.pick(('keras.Sequential', 'keras.models.Sequential'))}([{', '.join(found)}])")
        self.finish()

    def finish(self) -> None:
        if self.chance(4):
            self.line('model.compile(optimizer="adam", loss="mse")')
        if self.chance(6):
            self.line("model.summary(print_fn=lambda *a, **k: None)")

    def sequential_add(self) -> None:
        dims = self.input_dims()
        self.line("model = keras.Sequential()")
        if not self.chance(6):
            self.line(f"model.add({self.input(dims)})")
        for _ in range(self.number(1, 5)):
            way = self.number(0, 9)
            if way == 1:
                dims = self.branch(dims, "model.add({})")
            elif way == 2:
                self.loop(dims, "model.add({})")
            elif way == 3:
                self.line(f"model.add({self.keeping(dims)})")
                self.line("model.pop()")
            elif way == 4:
                condition, _ = self.condition()
                self.line(f"if {condition}:")
                self.line(f"    model.add({self.cls('Dropout')}({self.pick(('0.1', '0.5'))}))")
            elif way == 5:
                after, found = self.items(dims, 1, 2)
                self.line(f"for part in [{', '.join(found)}]:")
                self.line("    model.add(part)")
                dims = after
            else:
                dims, made = self.step(dims)
                for one in made:
                    self.line(f"model.add({one})")
        self.finish()

    def branch(self, dims: Dims, form: str) -> Dims:
        """An if statement, both arms filled; the shape is that after the arm that is taken."""
        condition, truth = self.condition()
        outcomes = []
        for number in (0, 1):
            self.line(f"if {condition}:" if number == 0 else "else:")
            self.indent += 1
            after, made = self.step(dims)
            for one in made:
                self.line(form.format(one))
            self.indent -= 1
            outcomes.append(after)
        return outcomes[0] if truth else outcomes[1]

    def loop(self, dims: Dims, form: str) -> None:
        """A loop that keeps the shape."""
        features = dims[-1]
        way = self.number(0, 3)
        if features is None:
            way = 0
        if way == 0:
            self.line(f"for _ in range({self.number(1, 3)}):")
            self.line("    " + form.format(f"{self.cls('Dropout')}({self.pick(('0.1', '0.5'))})"))
            return
        name = "GRU" if len(dims) == 2 else "Dense"
        more = ", return_sequences=True" if len(dims) == 2 else ""
        if way == 1:
            sizes = [self.number(1, 5) for _ in range(self.number(1, 2))]
            self.line(f"for units in {[*sizes, features]}:")
            self.line("    " + form.format(f"{self.cls(name)}(units{more})"))
        elif way == 2:
            self.line(f"for i, units in enumerate(({self.number(1, 4)}, {features})):")
            self.line("    " + form.format(f"{self.cls(name)}(units{more})"))
            self.line("    if i == 0:")
            self.line("        " + form.format(f"{self.cls('Dropout')}(0.1 * (i + 1))"))
        else:
            self.line(f"for units, rate in zip([{features}, {features}], (0.1, 0.25)):")
            self.line("    " + form.format(f"{self.cls(name)}(units{more})"))
            self.line("    " + form.format(f"{self.cls('Dropout')}(rate)"))

    def functional(self) -> None:
        pool: list[tuple[str, Dims]] = []
        inputs: list[str] = []
        if self.chance(4):
            variable = self.fresh("tokens")
            self.line(f'{variable} = keras.Input(({self.pick(("5", "None"))},), dtype="int32")')
            inputs.append(variable)
            size = self.number(2, 8)
            args = {"input_dim": self.value("50"), "output_dim": self.value(str(size))}
            if self.chance(2):
                args["mask_zero"] = "True"
            self.line(f"x = {self.call('Embedding', args)}({variable})")
            pool.append(("x", (None, size)))
        for _ in range(self.pick((1, 1, 2)) - len(inputs) or 1):
            dims = self.input_dims()
            variable = self.fresh("input")
            self.line(f"{variable} = {self.input(dims)}")
            inputs.append(variable)
            pool.append((variable, dims))
        for _ in range(self.number(1, 6)):
            self.functional_step(pool)
        outputs = [pool[-1][0]]
        if self.chance(4) and len(pool) > 1:
            outputs.append(pool[-2][0])
        ins = inputs[0] if len(inputs) == 1 and self.chance(2) else f"[{', '.join(inputs)}]"
        outs = outputs[0] if len(outputs) == 1 else f"[{', '.join(outputs)}]"
        form = self.pick(("{0}, {1}", "inputs={0}, outputs={1}", "{0}, outputs={1}", "outputs={1}, inputs={0}"))
        self.line(f"model = {self.pick(('keras.Model', 'keras.models.Model'))}({form.format(ins, outs)})")
        self.finish()

    def functional_step(self, pool: list[tuple[str, Dims]]) -> None:
        source, dims = pool[-1] if not self.chance(4) else self.pick(pool)
        new = self.pick(("x", self.fresh("x")))

        def put(text: str, after: Dims) -> None:
            self.line(f"{new} = {text}")
            pool[:] = [one for one in pool if one[0] != new]
            pool.append((new, after))

        way = self.number(0, 15)
        same = [name for name, other in pool if other == dims and name != source]
        if way == 1:
            other = self.pick(same) if same else source
            put(self.merge(source, other), dims)
        elif way == 2 and len(dims) == 2 and dims[1] is not None:
            other = self.pick(same) if same else source
            text = self.pick(
                (
                    f"{self.cls('concatenate')}([{source}, {other}])",
                    f"{self.call('Concatenate', {'axis': '-1'} if self.chance(2) else {})}([{source}, {other}])",
                    f"keras.ops.concatenate([{source}, {other}], axis=-1)",
                    f"keras.ops.concatenate(({source}, {other}), axis=2)",
                )
            )
            put(text, (dims[0], 2 * dims[1]))
        elif way == 3 and len(dims) == 2:
            put(*self.operation(source, dims))
        elif way == 4 and len(dims) == 2:
            kind = self.pick(("LSTM", "GRU"))
            units, args = self.rnn_args(kind, True)
            args["return_state"] = "True"
            states = "x_h, x_c" if kind == "LSTM" else "x_h"
            self.line(f"{new}, {states} = {self.call(kind, args)}({source})")
            pool[:] = [one for one in pool if one[0] not in (new, "x_h", "x_c")]
            pool.append((new, (dims[0], units)))
            if self.chance(2):
                name = self.fresh("decoder")
                self.line(f"{name} = {self.cls(kind)}({units}, return_sequences=True)")
                state = f"[{states}]"
                call = self.pick((f"{name}({new}, initial_state={state})", f"{name}({source}, initial_state={state})"))
                self.line(f"{new} = {call}")
        elif way == 5:
            shared = self.fresh("shared")
            units = self.number(1, 6)
            more = ", return_sequences=True" if len(dims) == 2 else ""
            name = self.pick(("LSTM", "GRU")) if len(dims) == 2 else "Dense"
            after: Dims = (*dims[:-1], units)
            self.line(f"{shared} = {self.cls(name)}({units}{more})")
            first = self.fresh("x")
            other = self.pick(same) if same else source
            self.line(f"{first} = {shared}({source})")
            pool.append((first, after))
            put(f"{shared}({other})", after)
        elif way == 6:
            encoder = self.fresh("encoder")
            after, found = self.items(dims, 1, 2)
            self.line(f"{encoder} = keras.Sequential([{', '.join(found)}])")
            put(f"{encoder}({source})", after)
        elif way == 7:
            encoder = self.fresh("encoder")
            inner = self.fresh("inner")
            self.line(f"{inner} = {self.input(dims)}")
            text, after = inner, dims
            for _ in range(self.number(1, 2)):
                after, made = self.step(after)
                for one in made:
                    text = f"{one}({text})"
            self.line(f"{encoder} = keras.Model({inner}, {text})")
            put(f"{encoder}({source})", after)
        elif way == 8:
            if source != new:
                self.line(f"{new} = {source}")
            self.loop(dims, f"{new} = {{}}({new})")
            put(new, dims)
        elif way == 9:
            if source != new:
                self.line(f"{new} = {source}")
            put(new, self.branch(dims, f"{new} = {{}}({new})"))
        elif way == 10 and len(dims) == 2:
            put(*self.helper(source, dims))
        elif way == 11 and len(dims) == 2:
            put(*self.attention(source, dims, same))
        else:
            after, made = self.step(dims)
            text = source
            for one in made:
                text = f"{one}({text})"
            if self.chance(8) and len(made) == 1:
                text = f"{made[0]}({source}, training=True)" if "Dropout" in made[0].split("(")[0] else text
            put(text, after)

    def merge(self, a: str, b: str) -> str:
        kind = self.pick(("Add", "Multiply", "Average", "Maximum", "Subtract"))
        way = self.number(0, 4)
        if way == 0:
            return f"{self.cls(kind)}()([{a}, {b}])"
        if way == 1:
            return f"{self.cls(kind.lower())}([{a}, {b}])"
        if way == 2:
            return self.pick((f"{a} + {b}", f"{a} * {b}", f"{a} - {b}", f"{a} * 0.5", f"1.0 - {a}", f"-{a}"))
        if way == 3:
            return f"keras.ops.{self.pick(('add', 'multiply', 'maximum'))}({a}, {b})"
        return f"{self.cls('Add')}()([{a}, {b}, {a}])"

    def operation(self, x: str, dims: Dims) -> tuple[str, Dims]:
        steps, features = dims
        options: list[tuple[str, Dims]] = [
            (f"{x}[:, -1]", (features,)),
            (f"{x}[:, 0, :]", (features,)),
            (f"{x}[..., :1]", (steps, 1)),
            (f"{x}[:, :, 0:1]", (steps, 1)),
            (f"keras.ops.mean({x}, axis=1)", (features,)),
            (f"keras.ops.max({x}, axis=-1, keepdims=True)", (steps, 1)),
            (f"keras.ops.tanh({x})", dims),
            (f"keras.ops.relu({x})", dims),
            (f"keras.ops.transpose({x}, (0, 2, 1))", (features, steps)),
            (f"keras.ops.expand_dims(keras.ops.sum({x}, axis=2), -1)", (steps, 1)),
            (f"keras.ops.softmax({x}, axis=1)", dims),
        ]
        if steps is not None and features is not None:
            options += [
                (f"{x}[:, 1:]", (steps - 1, features)),
                (f"{x}[:, ::2]", (-(-steps // 2), features)),
                (f"{x}[:, :-1, :]", (steps - 1, features)),
                (f"keras.ops.reshape({x}, (-1, {features}, {steps}))", (features, steps)),
                (f"keras.ops.reshape({x}, (-1, {x}.shape[1] * {x}.shape[2], 1))", (steps * features, 1)),
            ]
        return self.pick(options)

    def attention(self, x: str, dims: Dims, same: list[str]) -> tuple[str, Dims]:
        other = self.pick(same) if same else x
        way = self.number(0, 2)
        if way == 0:
            return f"{self.cls('Attention')}()([{x}, {other}])", dims
        if way == 1:
            return f"{self.cls('AdditiveAttention')}()([{x}, {other}])", dims
        made = self.call("MultiHeadAttention", {"num_heads": "2", "key_dim": self.value("3")})
        return f"{made}({x}, {other})", dims

    def helper(self, x: str, dims: Dims) -> tuple[str, Dims]:
        """A helper function with defaults that applies a few layers, called in one of several ways."""
        name = self.fresh("block")
        units = self.number(1, 6)
        way = self.number(0, 3)
        saved, self.body, indent, self.indent = self.body, [], self.indent, 0
        lstm = self.cls("LSTM")
        dropout = self.cls("Dropout")
        if way == 0:
            self.line(f"def {name}(x, units, rate=0.2):")
            self.line(f"    x = {lstm}(units, return_sequences=True)(x)")
            self.line("    if rate:")
            self.line(f"        x = {dropout}(rate)(x)")
            self.line("    return x")
            call = self.pick(
                (f"{name}({x}, {units})", f"{name}({x}, units={units}, rate=0)", f"{name}({x}, {units}, 0.4)")
            )
        elif way == 1:
            self.line(f"def {name}(units, layer={lstm}, **options):")
            self.line("    return layer(units, return_sequences=True, **options)")
            gru = self.cls("GRU")
            call = self.pick(
                (
                    f"{name}({units})({x})",
                    f"{name}({units}, {gru}, dropout=0.1)({x})",
                    f"{name}({units}, layer={gru})({x})",
                )
            )
        elif way == 2:
            self.line(f"def {name}(*sizes, rate=0.1):")
            self.line("    def apply(x):")
            self.line("        for size in sizes:")
            self.line(f"            x = {dropout}(rate, noise_shape=(None, 1, None))(x)")
            self.line(f"            x = {self.cls('GRU')}(size, return_sequences=True)(x)")
            self.line("        return x")
            self.line("    return apply")
            call = f"{name}({self.number(1, 5)}, {units})({x})"
        else:
            if "import functools" not in self.header:
                self.header.insert(0, "import functools")
            self.line(f"{name} = functools.partial({lstm}, return_sequences=True, recurrent_dropout=0.2)")
            call = self.pick((f"{name}({units})({x})", f"{name}({units}, recurrent_dropout=0)({x})"))
        self.header += self.body
        self.body, self.indent = saved, indent
        return call, (dims[0], units)

    def subclassed(self) -> None:
        dims = self.input_dims()
        dims_in = dims
        self.line(f"class Net({self.pick(('keras.Model', 'keras.layers.Layer'))}):")
        self.indent = 1
        arguments = self.pick(("", ", units=4", ", rate=0.3"))
        self.line(f"def __init__(self{arguments}):")
        self.indent = 2
        self.line(self.pick(("super().__init__()", "super(Net, self).__init__()", 'super().__init__(name="net")')))
        call: list[str] = []
        for number in range(self.number(1, 5)):
            way = self.number(0, 6)
            if way == 1 and len(dims) == 2:
                self.line(f"self.stack_{number} = []")
                self.line(f"for size in ({self.number(1, 4)}, 3):")
                self.line(f"    self.stack_{number}.append({self.cls('LSTM')}(size, return_sequences=True))")
                call += [f"for layer in self.stack_{number}:", "    x = layer(x)"]
                dims = (dims[0], 3)
            elif way == 2:
                dims, found = self.items(dims, 1, 2)
                self.line(f"self.part_{number} = keras.Sequential([{', '.join(found)}])")
                call.append(f"x = self.part_{number}(x)")
            elif way == 3 and "rate" in arguments:
                self.line(f"self.drop_{number} = {self.cls('Dropout')}(rate)")
                call.append(f"x = self.drop_{number}(x, training=training)")
            elif way == 4 and "units" in arguments and len(dims) == 2:
                self.line(f"self.rnn_{number} = {self.cls('GRU')}(units, return_sequences=True)")
                call.append(f"x = self.rnn_{number}(x)")
                dims = (dims[0], 4)
            else:
                dims, made = self.step(dims)
                for i, one in enumerate(made):
                    self.line(f"self.layer_{number}_{i} = {one}")
                    call.append(f"x = self.layer_{number}_{i}(x)")
        self.indent = 1
        first = "inputs" if self.chance(2) else "x"
        self.line(f"def call(self, {first}, training=None):")
        self.indent = 2
        if first == "inputs":
            call[0] = call[0].replace("(x)", "(inputs)").replace("(x,", "(inputs,")
            if call[0].startswith("for"):
                self.line("x = inputs")
        for text in call:
            self.line(text)
        self.line("return x")
        self.indent = 0
        self.line("net = Net()")
        self.line(f"inputs = {self.input(dims_in)}")
        self.line("model = keras.Model(inputs, net(inputs))")

    def inside_function(self, write: Callable[[], None]) -> None:
        """The model is built by a function, as most models are."""
        parameters = self.pick(("", "unused=1", "*, rate=0.5"))
        self.line(f"def build_model({parameters}):")
        self.indent += 1
        write()
        self.line("return model")
        self.indent -= 1
        self.line(self.pick(("model = build_model()", 'if __name__ == "generated":\n    model = build_model()')))


@st.composite
def sources(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The source of a program that builds a Keras model, named `model`."""
    writer = Writer(draw)
    writer.style = writer.pick(tuple(IMPORTS))
    writer.header.append("import sys")
    write = writer.pick((writer.sequential_list, writer.sequential_add, writer.functional, writer.subclassed))
    if write != writer.subclassed and writer.chance(3):
        writer.inside_function(write)
    else:
        write()
    return writer.source()
