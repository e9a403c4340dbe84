"""How library functions are declared, and the table of their signatures that the checker and the engine read.

A function is a plain Python function with a decorator that gives its name in the language. Its parameters are the
parameters in the language; their annotations say which types they take. Functions that block (HTTP calls, sleeping,
waiting) can only be called from a call step.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from local.workflows.errors import system_error
from local.workflows.runtime import Caller
from local.workflows.values import Value, type_name

_P = ParamSpec("_P")
_R = TypeVar("_R")

Number = int | float
"""In a library function's annotations: an integer or a double."""

_TYPE_WORDS: dict[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a double",
    str: "a string",
    bytes: "bytes",
    list: "a list",
    dict: "a map",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    required: bool
    types: tuple[type, ...]
    """Python types it takes; empty for any value."""

    def accepts(self, value: Value) -> bool:
        if not self.types:
            return True
        return bool in self.types if isinstance(value, bool) else isinstance(value, self.types)

    def expected(self) -> str:
        """What it takes, for messages: "a string or bytes"."""
        return " or ".join(_TYPE_WORDS[kind] for kind in self.types) or "any value"


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call of a library function may look like."""

    name: str
    parameters: tuple[Parameter, ...]
    blocking: bool
    """Only callable from a call step, never inside `${}`."""
    summary: str

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters if parameter.required)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def form(self) -> str:
        """The call as it is written, optional parameters in brackets: `text.decode(data, [charset])`."""
        words = [parameter.name if parameter.required else f"[{parameter.name}]" for parameter in self.parameters]
        return f"{self.name}({', '.join(words)})"


@dataclass(frozen=True, slots=True)
class LibraryFunction:
    """A signature with the Python function that does the work."""

    signature: Signature
    implementation: Callable[..., Value]
    python_names: Mapping[str, str]
    """Python parameter of each parameter."""
    takes_caller: bool

    def call(self, caller: Caller, arguments: Sequence[Value]) -> Value:
        """Call with positional arguments. Raises TypeError of the workflow when they do not fit."""
        signature = self.signature
        if not len(signature.required) <= len(arguments) <= len(signature.parameters):
            raise system_error("TypeError", f"{signature.form()} was given {len(arguments)} arguments")
        for parameter, value in zip(signature.parameters, arguments, strict=False):
            if not parameter.accepts(value):
                return self.call_named(caller, dict(zip(signature.names, arguments, strict=False)))
        return self.implementation(caller, *arguments) if self.takes_caller else self.implementation(*arguments)

    def call_named(self, caller: Caller, arguments: Mapping[str, Value]) -> Value:
        """Call with named arguments, as a call step does."""
        signature = self.signature
        named = {}
        for name, value in arguments.items():
            parameter = signature.parameter(name)
            if parameter is None:
                raise system_error("TypeError", f"{signature.form()} has no parameter '{name}'")
            if parameter.accepts(value):
                named[self.python_names[name]] = value
            elif value is not None or parameter.required:  # null for an optional parameter leaves it out
                expected, found = parameter.expected(), type_name(value)
                raise system_error("TypeError", f"{signature.name}: '{name}' must be {expected}, not {found}")
        missing = [name for name in signature.required if name not in arguments]
        if missing:
            raise system_error("TypeError", f"{signature.form()} was called without '{missing[0]}'")
        return self.implementation(caller, **named) if self.takes_caller else self.implementation(**named)


FUNCTIONS: dict[str, LibraryFunction] = {}
"""Every library function by its name in the language; complete once `standard_library` is imported."""

CONSTANTS: dict[str, Value] = {}
"""Every library constant, such as `http.default_retry`, by its name."""


def library_function(
    name: str, *, blocking: bool = False, takes_caller: bool = False, names: Sequence[str] = ()
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Declare the decorated function as `name`.

    `names` gives the parameters' names where they cannot be Python's. With `takes_caller` the first Python parameter is
    the `Caller`, not an argument. The first line of the docstring becomes the summary.
    """

    def declare(implementation: Callable[_P, _R]) -> Callable[_P, _R]:
        hints = get_type_hints(implementation)
        python_parameters = list(inspect.signature(implementation).parameters.values())[1 if takes_caller else 0 :]
        language_names = names or [parameter.name for parameter in python_parameters]
        parameters = tuple(
            Parameter(
                language_name,
                required=parameter.default is inspect.Parameter.empty,
                types=_python_types(hints[parameter.name]),
            )
            for language_name, parameter in zip(language_names, python_parameters, strict=True)
        )
        summary = (inspect.getdoc(implementation) or "").partition("\n")[0]
        python_names = dict(zip(language_names, (parameter.name for parameter in python_parameters), strict=True))
        signature = Signature(name, parameters, blocking, summary)
        FUNCTIONS[name] = LibraryFunction(signature, implementation, python_names, takes_caller)
        return implementation

    return declare


def _python_types(annotation: object) -> tuple[type, ...]:
    if annotation is Value:
        return ()
    if isinstance(annotation, UnionType):
        return tuple(kind for member in get_args(annotation) for kind in _python_types(member))
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type) or kind not in _TYPE_WORDS:
        raise TypeError(f"a library function takes values of the language, not {annotation!r}")
    return (kind,)
