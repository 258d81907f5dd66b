"""`--build`: import the user's module, call what it names, and describe the models that came of it.

What user code may do to a process besides building a model is undone, or becomes one line that names what to do.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import inspect
import os
import signal
import sys
import threading
import traceback
import types
from typing import TYPE_CHECKING, Any

from . import load, record
from .package import Keras
from .recorder import KerasRecorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .account import Account
    from .places import UserPlaces

# The layers of the last graph that was sent, by their number there.
LIVE: list[Any] = []

_recorder: KerasRecorder | None = None
_DEPTH = 4  # of tuples, dicts and objects in which models are looked for
_NETWORK = ("URLError", "HTTPError", "gaierror", "ConnectionError", "ConnectTimeout", "ReadTimeout", "MaxRetryError",
            "SSLError", "IncompleteRead", "ContentTooShortError")  # fmt: skip
_NETWORK_FILES = ("socket.py", "ssl.py", "urllib", "http", "requests", "urllib3")


class NoModelError(Exception):
    """There is no model; the message says why in one line."""

    stage = "build"


class _Timeout(BaseException):
    """The builder took too long. A BaseException, so that `except Exception` in user code does not catch it."""


def build(request: dict[str, Any]) -> dict[str, Any]:
    """Build a target and describe it: `{"graph": ...}`.

    Args:
        request: "target" (`pkg.module:name`, or `path/to/file.py:name`), "args" by name, "path" (what comes first on
            `sys.path`), "cwd", and "timeout" in seconds (none if it is missing).

    Raises:
        NoModelError: where there is no model to describe.
    """
    global _recorder  # noqa: PLW0603 - module-level layers of one module serve all its targets
    del LIVE[:]
    if _recorder is None:
        _recorder = KerasRecorder(Keras(load.keras()))
    target = _Target(request["target"], request["cwd"], _recorder.places)
    since = len(_recorder.order)
    process, state = os.getpid(), _State(request)
    _recorder.install()
    try:
        with state:
            try:
                result = target.run(request["args"])
                models = list(_models(result, _recorder.keras, _DEPTH, set()))
                target.check(result, models, _recorder.keras)
                described = target.describe(_recorder, since, models)
            except NoModelError:
                raise
            except BaseException as error:
                if os.getpid() != process:
                    raise
                if state.stack:
                    raise NoModelError(target.slow(state.stack, request["timeout"])) from None
                raise NoModelError(target.explain(error)) from None
    finally:
        _recorder.uninstall()
        if os.getpid() != process:
            # A builder that forks returns twice; the child has nothing to say.
            os._exit(0)
    LIVE.extend(described.live)
    return {"graph": described.graph()}


# ---------------------------------------------------------------------------------------------------------------------
# What user code may change


class _State:
    """The process as the target is to find it, and as it was before."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._undo: list[Callable[[], Any]] = []
        self.stack: list[traceback.FrameSummary] = []  # at the end of the time

    def __enter__(self) -> None:

        def later(function: Callable[..., Any], *args: Any) -> None:
            self._undo.append(functools.partial(function, *args))

        later(os.chdir, os.getcwd())
        for name in ("stdin", "stdout", "stderr", "argv"):
            later(setattr, sys, name, getattr(sys, name))
        later(sys.setrecursionlimit, sys.getrecursionlimit())
        later(os.environ.update, dict(os.environ))
        later(os.environ.clear)
        later(sys.settrace, None)
        later(sys.setprofile, None)
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGCHLD", "SIGPIPE"):
                if hasattr(signal, name):
                    number = getattr(signal, name)
                    later(signal.signal, number, signal.getsignal(number))
        for get, put in _settings(load.keras()):
            later(put, get())
        path = [one for one in self._request["path"] if one not in ("", *sys.path)]
        sys.path[:] = [*path, *(one for one in sys.path if one)]
        sys.argv = [self._request["target"].rpartition(":")[0]]
        os.chdir(self._request["cwd"])
        self._start_clock()

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for one in reversed(self._undo):
            # The working directory may be gone.
            with contextlib.suppress(Exception):
                one()

    def _start_clock(self) -> None:
        limit = self._request.get("timeout")
        # Windows has none; there, and where user code takes the signal, the parent ends the worker.
        if limit and hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():

            def ring(_: int, frame: types.FrameType | None) -> None:
                # TensorFlow wraps an exception that is raised while it traces.
                self.stack[:] = traceback.extract_stack(frame)
                raise _Timeout

            signal.signal(signal.SIGALRM, ring)
            signal.setitimer(signal.ITIMER_REAL, limit)


def _settings(keras: Any) -> Iterator[tuple[Callable[[], Any], Callable[[Any], Any]]]:
    """Keras' global settings: how to read and how to write them."""
    backend = keras.backend
    yield backend.floatx, backend.set_floatx
    yield backend.image_data_format, backend.set_image_data_format
    if hasattr(keras, "config") and hasattr(keras.config, "set_dtype_policy"):
        yield keras.config.dtype_policy, keras.config.set_dtype_policy
    elif hasattr(keras.mixed_precision, "global_policy"):
        yield keras.mixed_precision.global_policy, keras.mixed_precision.set_global_policy


# ---------------------------------------------------------------------------------------------------------------------
# The target


class _Target:
    """A callable, or a model, of a module; and what to say where that does not work out."""

    def __init__(self, text: str, cwd: str, places: UserPlaces) -> None:
        self._module, _, self._attribute = text.rpartition(":")
        self._cwd, self._places = cwd, places
        self._what = f"importing {self._module}"

    def run(self, given: dict[str, Any]) -> Any:
        """What the callable returns; a model as it is."""
        found, given = self._find(self._import(), given)
        self._what = self._attribute
        if not callable(found) or isinstance(found, load.keras().layers.Layer):
            if given:
                raise NoModelError(f"{self._what} is no function, so it takes no --build-arg")
            return found
        self._what += "()"
        self._bind(found, given)
        return found(**given)

    # -- finding it

    def _import(self) -> Any:
        name = self._module
        if name.endswith(".py") or "/" in name or os.sep in name:
            return self._import_file(os.path.abspath(name))
        try:
            module = importlib.import_module(name)
            # A module of that name may be there already: `code`, `test`.
            own = os.path.join(self._cwd, *name.split(".")) + ".py"
            found = os.path.realpath(getattr(module, "__file__", None) or "")
            return self._import_file(own) if os.path.isfile(own) and found != os.path.realpath(own) else module
        except ModuleNotFoundError as error:
            if error.name and (name + ".").startswith(error.name + "."):
                text = "there is no module {} in {}; name a module or a file: path/to/file.py:{}"
                raise NoModelError(text.format(error.name, self._cwd, self._attribute)) from None
            raise

    def _import_file(self, path: str) -> Any:
        if not os.path.isfile(path):
            raise NoModelError(f"there is no file {self._module}")
        stem = os.path.splitext(os.path.basename(path))[0]
        folder = os.path.dirname(path)
        # A module of a package is imported as one, so that its relative imports work.
        parts = [] if stem == "__init__" else [stem]
        while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
            folder, last = os.path.split(folder)
            parts.insert(0, last)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        name = ".".join(parts)
        if name and name not in sys.modules and all(part.isidentifier() for part in parts):
            found = importlib.util.find_spec(name)
            if found is not None and found.origin and os.path.realpath(found.origin) == os.path.realpath(path):
                return importlib.import_module(name)
        known = sys.modules.get(name)
        if known is not None and os.path.realpath(getattr(known, "__file__", None) or "") == os.path.realpath(path):
            return known
        spec = importlib.util.spec_from_file_location(name if name not in sys.modules else "_build_" + stem, path)
        if spec is None or spec.loader is None:
            raise NoModelError(f"{self._module} is no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    def _find(self, module: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """What the target names, and the arguments for it: those of a class before a method are used up."""
        found = module
        for name in self._attribute.split("."):
            if inspect.isclass(found) and isinstance(inspect.getattr_static(found, name, None), types.FunctionType):
                self._what = f"{found.__name__}()"
                own = {key: given[key] for key in inspect.signature(found).parameters if key in given}
                given = {key: given[key] for key in given if key not in own}
                self._bind(found, own)
                found = found(**own)
            try:
                found = getattr(found, name)
            except AttributeError:
                text = f"{self._module} has no {self._attribute!r}"
                raise NoModelError(text + self._offer(module)) from None
        return found, given

    @staticmethod
    def _offer(module: Any) -> str:
        own = [
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
        ]
        return "; its functions are " + ", ".join(own[:8]) if own else ""

    def _bind(self, function: Any, given: dict[str, Any]) -> None:
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):
            return
        named = {
            name: one
            for name, one in parameters.items()
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY, one.POSITIONAL_ONLY)
        }
        missing = [name for name, one in named.items() if one.default is one.empty and name not in given]
        if missing:
            hint = " ".join(f"--build-arg {name}=VALUE" for name in missing)
            raise NoModelError("{} needs {}: give {}".format(self._what, ", ".join(missing), hint))
        if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
            return
        unknown = [name for name in given if name not in named]
        if unknown:
            takes = "it takes " + ", ".join(named) if named else "it takes none"
            raise NoModelError("{} has no argument {}; {}".format(self._what, ", ".join(unknown), takes))

    def check(self, result: Any, models: list[Any], keras: Keras) -> None:
        """Raises NoModelError where there is no model to look at."""
        tensorflow = sys.modules.get("tensorflow")
        if tensorflow is not None and not tensorflow.executing_eagerly():
            raise NoModelError(
                f"{self._what} turns eager execution off (disable_eager_execution, disable_v2_behavior); leave that "
                "out of what --build calls"
            )
        if models:
            return
        kind = "None" if result is None else f"an object of type {type(result).__name__}"
        bases = {(cls.__module__.split(".")[0], cls.__name__) for cls in type(result).__mro__}
        for other in ("keras", "tf_keras", "tensorflow"):
            if (other, "Model") in bases:
                text = "{} gives a model of {}, but rnnlint runs {} {} here: {}"
                hint = "set TF_USE_LEGACY_KERAS=1" if other == "tf_keras" else "set TF_USE_LEGACY_KERAS=0"
                version = keras.package.__version__
                raise NoModelError(text.format(self._what, other, keras.name, version, hint))
        raise NoModelError(
            f"{self._what} gives {kind}, no Keras model: let it return the model, or a tuple, list, dict or object of "
            "models"
        )

    def describe(self, recorder: KerasRecorder, since: int, models: list[Any]) -> Account:
        """Describe the models. Raises NoModelError that asks to report it: an error here is rnnlint's own."""
        try:
            return record.describe(recorder, since, models)
        except Exception as error:  # noqa: BLE001 - see above
            told = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise NoModelError(f"rnnlint cannot describe what {self._what} gives ({told}); please report it") from None

    # -- what went wrong

    def explain(self, error: BaseException) -> str:
        """An exception of user code in one line."""
        at = self._at(traceback.extract_tb(error.__traceback__))
        said = " ".join(str(error).split())[:200]
        told = f"{type(error).__name__}: {said}" if said else type(error).__name__
        if isinstance(error, EOFError):
            text = "{} asks for input{}; let --build call what does not, or give the value by --build-arg"
            return text.format(self._what, at)
        if isinstance(error, SystemExit):
            text = "{} ends the program{} (exit {}); let --build call a function that only builds the model"
            return text.format(self._what, at, error.code)
        if any(_is_network(one) for one in _chain(error)):
            text = "{} tries to reach the network{} ({}); fetch what it needs beforehand, or build with weights=None"
            return text.format(self._what, at, told)
        if isinstance(error, SyntaxError) and error.filename:
            text = "{} fails: {}:{}: {}"
            return text.format(self._what, self._short(error.filename), error.lineno, error.msg)
        if isinstance(error, ModuleNotFoundError):
            text = "{} needs the module {}{}, which this Python has not: install it there, or name another by --python"
            return text.format(self._what, error.name, at)
        if isinstance(error, MemoryError):
            return f"{self._what} runs out of memory{at}; build a smaller model by --build-arg"
        return f"{self._what} raises{at} {told}"

    def slow(self, frames: list[traceback.FrameSummary], limit: float) -> str:
        """What user code was doing when its time was over, in one line."""
        text = f"{self._what} has not returned after {limit:g} s, still{self._at(frames)}"
        inside = [frame for frame in frames if not self._places.user(frame.filename)]
        if any(frame.name == "fit" for frame in inside):
            return text + " in fit(); let --build call a function that builds the model and does not train it"
        if any(part in frame.filename for frame in inside[-6:] for part in _NETWORK_FILES):
            return text + ", waiting for the network; fetch what it needs beforehand, or build without it"
        return text + "; raise --confirm-timeout, or let --build call a function that only builds the model"

    def _at(self, frames: list[traceback.FrameSummary]) -> str:
        own = [frame for frame in frames if self._places.user(frame.filename)]
        # Of a package that is installed rather say where it was called.
        near = [frame for frame in own if "-packages" not in frame.filename] or own
        return f" at {self._short(near[-1].filename)}:{near[-1].lineno}" if near else ""

    def _short(self, path: str) -> str:
        inside = os.path.abspath(path).startswith(os.path.join(self._cwd, ""))
        return os.path.relpath(path, self._cwd) if inside else path


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _is_network(error: BaseException) -> bool:
    names = {cls.__name__ for cls in type(error).__mro__}
    # keras.utils.get_file raises a plain Exception.
    return bool(names.intersection(_NETWORK)) or "URL fetch failure" in str(error)


def _models(result: Any, keras: Keras, depth: int, seen: Any) -> Iterator[Any]:
    """The models in what a target returned."""
    if isinstance(result, keras.model):
        if id(result) not in seen:
            seen.add(id(result))
            yield result
        return
    if depth == 0 or id(result) in seen or inspect.isclass(result) or inspect.ismodule(result):
        return
    if isinstance(result, (list, tuple, dict)):
        inner = list(result.values()) if isinstance(result, dict) else list(result)
    elif isinstance(result, keras.layer) and keras.is_composite(result):
        yield result
        return
    elif (hasattr(result, "__dict__") and not callable(result)) or type(result).__module__ not in ("builtins", "types"):
        inner = list(getattr(result, "__dict__", {}).values())
    else:
        return
    seen.add(id(result))
    for one in inner:
        yield from _models(one, keras, depth - 1, seen)
