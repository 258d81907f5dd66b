"""The cuDNN entry points of each Keras, watched on a machine with or without a GPU.

`simulated_gpu` simulates a GPU at the one predicate that each backend checks, and notes which layers
arrive at the cuDNN entry point:

- Keras 2.4 and later, tf_keras: `get_context_device_type`; `gpu_lstm` and `gpu_gru`.
- Keras 3 on tensorflow: `_is_gpu_available`; `_cudnn_lstm` and `_cudnn_gru`.
- Keras 3.14 and later on jax, LSTM only: `_is_gpu_available`; `jax.experimental.rnn.lstm`.
- Keras 3 on torch, LSTM from 3.10, GRU from 3.14: `_is_cuda_cudnn_available`, and from 3.14 the device of the input;
  `torch._VF.lstm` and `torch._VF.gru`. Up to 3.14 the code around the LSTM's kernel fails, and Keras takes its loop
  without a word (keras issue 22274, pull request 22874): only a kernel whose result is used counts.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

from .outcomes import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Kernels:
    """The cuDNN path of the installed Keras for one kind of layer, "lstm" or "gru".

    `entry` names the entry point that is watched, or is empty.
    """

    def __init__(self, keras: Any, kind: str) -> None:
        self.kind = kind
        layer = getattr(keras.layers, kind.upper())
        self.module = sys.modules[layer.__module__]
        self.keras2 = hasattr(self.module, "gpu_" + kind)
        self.backend = "tensorflow"
        self.root = layer.__module__.partition(".layers.")[0]
        self.entry = ""
        self.failed = ""  # what Keras made of the kernel on torch
        self.given: list[Any] = []  # the inputs that were handed to the kernel, on tensorflow
        if self.keras2:
            self.entry = f"{layer.__module__}.gpu_{kind}"
            return
        if not hasattr(keras, "ops"):  # Keras 2.3 and before
            return
        self.backend = keras.backend.backend()
        name = f"{self.root}.backend.{self.backend}.rnn"
        try:
            self.module = importlib.import_module(name)
        except ImportError:  # a backend without recurrent layers
            return
        if self.backend == "tensorflow":
            if hasattr(self.module, "_cudnn_" + kind):
                self.entry = f"{name}._cudnn_{kind}"
        elif self.backend == "torch":
            if hasattr(self.module, "_is_cuda_cudnn_available") and hasattr(self.module, "_cudnn_" + kind):
                self.entry = "torch._VF." + kind
        elif self.backend == "jax" and kind == "lstm" and hasattr(self.module, "_is_gpu_available"):
            self.entry = "jax.experimental.rnn.lstm"

    @contextlib.contextmanager
    def simulated_gpu(self) -> Iterator[list[set[int]]]:
        """For each arrival at the entry point the ids of all objects whose methods led there."""
        seen: list[set[int]] = []
        with contextlib.ExitStack() as stack:
            if self.keras2:
                self._keras2(stack, seen)
            elif self.entry:
                getattr(self, "_" + self.backend)(stack, seen)
            yield seen

    def has_gpu(self) -> bool:
        """Whether Keras sees a GPU, without any help."""
        if not self.keras2:
            name = "_is_cuda_cudnn_available" if self.backend == "torch" else "_is_gpu_available"
            return bool(getattr(self.module, name)())
        import tensorflow as tf

        return bool(tf.config.list_logical_devices("GPU"))

    def _keras2(self, stack: contextlib.ExitStack, seen: list[set[int]]) -> None:
        for holder in (self.module, getattr(self.module, "gru_lstm_utils", None)):
            for name in ("get_context_device_type", "_get_context_device_type"):
                if hasattr(holder, name):
                    stack.enter_context(mock.patch.object(holder, name, return_value="GPU"))
        standard = getattr(self.module, "standard_" + self.kind)
        takes = inspect.signature(standard).parameters

        def entry(**keywords: Any) -> Any:
            seen.append(_callers())
            keywords.setdefault("zero_output_for_mask", False)
            return standard(**{name: one for name, one in keywords.items() if name in takes})

        stack.enter_context(mock.patch.object(self.module, "gpu_" + self.kind, entry))

    def _tensorflow(self, stack: contextlib.ExitStack, seen: list[set[int]]) -> None:
        module = self.module
        stack.enter_context(mock.patch.object(module, "_is_gpu_available", return_value=True))
        parameters = inspect.signature(getattr(module, "_cudnn_" + self.kind))

        def entry(*args: Any, **keywords: Any) -> Any:
            given = parameters.bind(*args, **keywords).arguments
            self.given.append(given.get("inputs"))
            mask = given.get("mask")
            if mask is not None and hasattr(module, "_assert_valid_mask"):
                module._assert_valid_mask(mask)  # the first thing that the kernel does; Keras then takes its loop
            seen.append(_callers())
            raise NotImplementedError  # and Keras takes its own loop

        stack.enter_context(mock.patch.object(module, "_cudnn_" + self.kind, entry))

    def _jax(self, stack: contextlib.ExitStack, seen: list[set[int]]) -> None:
        stack.enter_context(mock.patch.object(self.module, "_is_gpu_available", return_value=True))

        def entry(*_: Any, **__: Any) -> Any:
            seen.append(_callers())
            raise NotImplementedError

        stack.enter_context(mock.patch.object(importlib.import_module("jax.experimental.rnn"), "lstm", entry))

    def _torch(self, stack: contextlib.ExitStack, seen: list[set[int]]) -> None:
        import torch

        class Device(str):
            """A device that works like the CPU and says that it is a GPU."""

            __slots__ = ()
            type = "cuda"

        class OnGpu(torch.Tensor):  # type: ignore[misc, unused-ignore]
            @property
            def device(self) -> Any:
                return Device("cpu")

        def plain(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return type(value)(plain(one) for one in value)
            return value.as_subclass(torch.Tensor) if isinstance(value, OnGpu) else value

        ran: list[bool] = []

        def kernel(real: Any) -> Any:
            def run(*args: Any, **keywords: Any) -> Any:
                ran.append(True)
                return real(*plain(args), **keywords)  # torch has this kernel on the CPU too

            return run

        def noting(real: Any) -> Any:
            """Keras 3.10 to 3.14 takes its loop, without a word, where its own code around the kernel fails."""

            def call(*args: Any, **keywords: Any) -> Any:
                ran.clear()
                try:
                    result = real(*args, **keywords)
                except Exception as error:
                    self.failed = error_line(error)
                    raise
                if ran:
                    seen.append(_callers())
                return result

            return call

        def simulating(real: Any) -> Any:
            def call(inputs: Any, *args: Any, **keywords: Any) -> Any:
                if isinstance(inputs, torch.Tensor) and not inputs.is_cuda:
                    inputs = inputs.as_subclass(OnGpu)
                return plain(real(inputs, *args, **keywords))

            return call

        def patch(holder: Any, name: str, around: Callable[[Any], Any]) -> None:
            if hasattr(holder, name):
                stack.enter_context(mock.patch.object(holder, name, around(getattr(holder, name))))

        backend = importlib.import_module(self.root + ".backend")
        patch(self.module, "_is_cuda_cudnn_available", lambda _: lambda: True)
        patch(torch._VF, self.kind, kernel)
        patch(self.module, "_cudnn_" + self.kind, noting)
        patch(backend, self.kind, simulating)
        patch(backend, "bidirectional_" + self.kind, lambda real: noting(simulating(real)))


def error_line(raised: Exception) -> str:
    """An exception on one line: "ValueError: ..."."""
    return "{error}: {message}".format(**described(raised))


def _callers() -> set[int]:
    """The ids of what is called `self` in the frames above."""
    found: set[int] = set()
    frame: Any = sys._getframe(2)
    while frame is not None:
        if "self" in frame.f_locals:
            found.add(id(frame.f_locals["self"]))
        frame = frame.f_back
    return found
