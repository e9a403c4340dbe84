"""Everything a workflow can call by name, with its signature: library, connectors, subworkflows, and what only the real
service has (`cloud_only.yaml`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ruamel.yaml import YAML

from local.workflows.checker.values.shapes import (
    ALL_KINDS,
    UNKNOWN,
    Kind,
    Shape,
    of_kinds,
    of_list,
    of_map,
)
from local.workflows.connectors.table import IN_EXPRESSIONS, PREFIXES, documented_connectors
from local.workflows.language.syntax import Routine
from local.workflows.problems import did_you_mean
from local.workflows.standard_library import CONSTANTS, FUNCTIONS, Parameter, Signature
from local.workflows.values import type_name

CLOUD_ONLY = Path(__file__).with_name("cloud_only.yaml")

_KIND_OF: dict[Any, Kind] = {
    bool: "boolean",
    int: "integer",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    type(None): "null",
}

HTTP_RESPONSE = Shape(ALL_KINDS, fields={"body": UNKNOWN, "code": of_kinds("integer"), "headers": of_map(None)})
"""What `http.*` gives. Its own kind is left open: official samples use whole responses as if they were their bodies."""


class Functions:
    """The functions that can be called from one source."""

    def __init__(self, routines: Mapping[str, Routine]) -> None:
        self._routines = routines

    def find(self, name: str) -> Signature | None:
        """The signature of a function, connector or subworkflow; None when it is unknown or not described."""
        if name in self._routines:
            return _subworkflow_signature(self._routines[name])
        if name in FUNCTIONS:
            return FUNCTIONS[name].signature
        if name in documented_connectors():
            return documented_connectors()[name].signature
        return _cloud_only_signatures().get(name)

    def exists(self, name: str) -> bool:
        """Whether the real service knows `name`, described here or not."""
        return self.find(name) is not None or _is_other_connector(name)

    def may_stand_in_expression(self, name: str) -> bool:
        """Whether `name` may be called inside `${}`: it does not block."""
        signature = self.find(name)
        if name in IN_EXPRESSIONS:
            return True
        return not name.startswith(PREFIXES) and (signature is None or not signature.blocking)

    def suggestion(self, name: str) -> str:
        """An instruction naming the function that was probably meant, or ""."""
        if name.startswith(PREFIXES):
            return did_you_mean(name, _connector_names())
        return did_you_mean(name, {*self._routines, *FUNCTIONS} - {"main"})

    def is_subworkflow(self, name: str) -> bool:
        return name in self._routines

    def fits(self, name: str, arguments: Sequence[Shape]) -> bool:
        """Whether positional arguments may fit a function, in number and in kind."""
        signature = self.find(name)
        if signature is None or not len(signature.required) <= len(arguments) <= len(signature.parameters):
            return False
        pairs = zip(signature.parameters, arguments, strict=False)
        return all(shape.may_be(kinds_of(parameter)) for parameter, shape in pairs)

    def returned(self, name: str) -> Shape:
        """The shape of what a library function gives."""
        if name.startswith("http."):
            return HTTP_RESPONSE
        if name not in FUNCTIONS:
            return UNKNOWN
        return _returned_shape(name)


def kinds_of(parameter: Parameter) -> frozenset[Kind]:
    """The kinds of values a parameter takes."""
    if not parameter.types:
        return ALL_KINDS
    kinds = {_KIND_OF[kind] for kind in parameter.types}
    return frozenset(kinds if parameter.required else kinds | {"null"})


def constant_shape(dotted: str) -> Shape | None:
    """The shape of a library constant such as `http.default_retry`, or of an element of one."""
    name = next((name for name in CONSTANTS if dotted == name or dotted.startswith(name + ".")), None)
    return None if name is None else _shape_of_python(CONSTANTS[name])


def constant_suggestion(dotted: str) -> str:
    """An instruction for a dotted name that is no library constant, or ""."""
    if dotted in FUNCTIONS:
        return f"call it: {dotted}(...)"
    return did_you_mean(dotted, CONSTANTS)


def is_library_module(name: str) -> bool:
    """Whether `name` is the first part of a library name: `http`, `text` …"""
    return any(each.startswith(name + ".") for each in (*FUNCTIONS, *CONSTANTS))


def reserved_names() -> frozenset[str]:
    """Names a subworkflow must not have: they mean something in every source."""
    first_parts = {name.split(".")[0] for name in (*FUNCTIONS, *CONSTANTS)}
    return frozenset(first_parts | {"googleapis", "not"})


def _shape_of_python(value: object) -> Shape:
    if isinstance(value, dict):
        return of_map({key: _shape_of_python(item) for key, item in value.items()})
    return of_kinds(type_name(value))


@functools.cache
def _returned_shape(name: str) -> Shape:
    annotation = get_type_hints(FUNCTIONS[name].implementation).get("return", Any)
    return _shape_of_annotation(annotation)


def _shape_of_annotation(annotation: object) -> Shape:
    if annotation is Any:
        return UNKNOWN
    origin = get_origin(annotation)
    if origin is list:
        (element,) = get_args(annotation)
        return of_list(_shape_of_annotation(element))
    if origin is dict or annotation is dict:
        return of_map(None)
    if origin is not None:
        return of_kinds(*(kind for part in get_args(annotation) for kind in _shape_of_annotation(part).kinds))
    return of_kinds(_KIND_OF[annotation])


def _subworkflow_signature(routine: Routine) -> Signature:
    parameters = tuple(
        Parameter(parameter.name, required=parameter.default is None, types=()) for parameter in routine.parameters
    )
    return Signature(routine.name, parameters, blocking=False, summary="")


@functools.cache
def _cloud_only() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(CLOUD_ONLY)
    return loaded


@functools.cache
def _cloud_only_signatures() -> dict[str, Signature]:
    signatures = {}
    for name, arguments in _cloud_only()["functions"].items():
        required = [Parameter(each, required=True, types=()) for each in arguments["required"]]
        optional = [Parameter(each, required=False, types=()) for each in arguments["optional"]]
        signatures[name] = Signature(name, (*required, *optional), blocking=True, summary="")
    return signatures


@functools.cache
def _connector_names() -> frozenset[str]:
    services = {
        f"googleapis.{service}.{version}"
        for service, versions in _cloud_only()["connectors"].items()
        for version in versions
    }
    return frozenset({*documented_connectors(), *_cloud_only_signatures(), *_cloud_only()["methods"], *services})


def _is_other_connector(name: str) -> bool:
    """A connector that is not in the table: of an API that has some, and of ours only the ones that are known."""
    prefix, _, rest = name.partition(".")
    service, _, rest = rest.partition(".")
    version, _, method = rest.partition(".")
    if prefix != "googleapis" or version not in _cloud_only()["connectors"].get(service, ()):
        return False
    if any(each.startswith(f"googleapis.{service}.{version}.") for each in documented_connectors()):
        return name in _cloud_only()["methods"]
    return "." in method and all(part.isidentifier() for part in method.split("."))
