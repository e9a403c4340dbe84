"""Rules for the values of arguments, read from `argument_rules.yaml`, and their application to shapes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import re2
from ruamel.yaml import YAML

from local.workflows.checker.values.evaluation import Reporter
from local.workflows.checker.values.shapes import NUMBERS, Kind, Known, Shape
from local.workflows.checker.values.wording import constant_used, described
from local.workflows.connectors.table import PREFIXES
from local.workflows.language.nodes import Position
from local.workflows.problems import did_you_mean, listed

RULES = Path(__file__).with_name("argument_rules.yaml")

_OWN_KINDS: dict[str, frozenset[Kind]] = {"number": NUMBERS, "text": frozenset({"string"}), "map": frozenset({"map"})}


@dataclass(frozen=True, slots=True)
class Rule:
    """What one argument must be. Empty fields ask for nothing."""

    above: float | None = None
    least: float | None = None
    most: float | None = None
    unit: str = ""
    one_of: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    of: Mapping[str, Rule] = field(default_factory=dict)
    kinds: frozenset[Kind] = frozenset()
    whole: bool = False
    regular_expression: bool = False
    timezone: bool = False
    url: bool = False

    def accepted_kinds(self) -> frozenset[Kind]:
        """The kinds the rule itself asks for; empty when it leaves that to the signature."""
        if self.kinds:
            return self.kinds
        if self.bounded():
            return NUMBERS
        return frozenset({"map"}) if self.keys else frozenset()

    def bounded(self) -> bool:
        return self.above is not None or self.least is not None or self.most is not None

    def range_text(self) -> str:
        """The bounds in words: `more than 0 and at most 1800 seconds`."""
        parts = []
        if self.above is not None:
            parts.append(f"more than {_number(self.above)}")
        if self.least is not None:
            parts.append(f"at least {_number(self.least)}")
        if self.most is not None:
            parts.append(f"at most {_number(self.most)}")
        return f"{'a whole number, ' if self.whole else ''}{' and '.join(parts)} {self.unit}".strip()


def rules_of(function: str) -> Mapping[str, Rule]:
    """The rules for the arguments of a function or connector."""
    return _connector_rules() if function.startswith(PREFIXES) else _function_rules().get(function, {})


def apply_rule(rule: Rule, shape: Shape, what: str, at: Position, report: Reporter) -> None:
    """Report what is known of `shape` and against `rule`. `what` names the value in messages."""
    kinds = rule.accepted_kinds()
    if kinds and not shape.may_be(kinds | {"null"}):
        expected = listed(sorted(kinds)) if not rule.bounded() else f"a number, {rule.range_text()}"
        report("argument-type", f"{what} must be {expected}", at, found=described(shape), expected=expected)
        return
    for known in shape.constants:
        _apply_to_constant(rule, known, what, at, report)
    if rule.keys and shape.fields is not None:
        _apply_to_keys(rule, shape, what, at, report)


def report_constant(
    code: str, message: str, known: Known, at: Position, report: Reporter, *, expected: str, fix: str = ""
) -> None:
    """Report a constant where it stands, and say where it is used when that is somewhere else."""
    report(code, message, known.position, found=constant_used(known, at), expected=expected, fix=fix)


def _apply_to_constant(rule: Rule, known: Known, what: str, at: Position, report: Reporter) -> None:
    value = known.value
    if rule.bounded() and isinstance(value, int | float) and not isinstance(value, bool):
        if not _within(rule, value):
            message = f"{what} is out of range"
            report_constant("out-of-range", message, known, at, report, expected=rule.range_text())
        return
    if not isinstance(value, str):
        return
    if rule.one_of and value not in rule.one_of:
        fix = did_you_mean(value, rule.one_of) or _by_case(value, rule.one_of)
        message = f"{what} cannot be {value!r}"
        report_constant("bad-argument", message, known, at, report, expected=listed(rule.one_of), fix=fix)
    if rule.regular_expression and (reason := _regular_expression_fault(value)):
        message = f"{what} is no regular expression: {reason}"
        report_constant("bad-argument", message, known, at, report, expected="RE2 syntax")
    if rule.timezone and not _is_timezone(value):
        message = f"there is no time zone {value!r}"
        report_constant("bad-argument", message, known, at, report, expected="an IANA name such as Asia/Tokyo")
    if rule.url and not value.startswith(("http://", "https://")):
        expected = "a URL that begins with https:// or http://"
        report_constant("bad-argument", f"{what} is no URL", known, at, report, expected=expected)


def _apply_to_keys(rule: Rule, shape: Shape, what: str, at: Position, report: Reporter) -> None:
    fields = shape.fields or {}
    for key in fields:
        if key not in rule.keys:
            report(
                "unknown-argument",
                f"{what} has no {key!r}",
                at,
                found=repr(key),
                expected=listed(rule.keys),
                fix=did_you_mean(key, rule.keys),
            )
    for key in rule.needs:
        if key not in fields:
            message, expected = f"{what} has no {key!r}", f"{key}: "
            report("missing-argument", message, at, found=", ".join(fields) or "an empty map", expected=expected)
    for key, inner in rule.of.items():
        if key in fields:
            apply_rule(inner, fields[key], f"{key!r} of {what}", at, report)


def _within(rule: Rule, value: float) -> bool:
    return (
        (rule.above is None or value > rule.above)
        and (rule.least is None or value >= rule.least)
        and (rule.most is None or value <= rule.most)
        and (not rule.whole or float(value).is_integer())
    )


def _by_case(value: str, allowed: tuple[str, ...]) -> str:
    same = next((each for each in allowed if each.lower() == value.lower()), None)
    return f"did you mean {same!r}?" if same else ""


def _regular_expression_fault(pattern: str) -> str:
    options = re2.Options()
    options.log_errors = False  # RE2 would write to standard error
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return ""


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, or no name at all
        return False
    return True


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


@functools.cache
def _loaded() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(RULES)
    return loaded


@functools.cache
def _function_rules() -> dict[str, dict[str, Rule]]:
    rules: dict[str, dict[str, Rule]] = {}
    for entry in _loaded():
        for function in entry.get("functions", ()):
            rules.setdefault(function, {}).update(_parse_all(entry["arguments"]))
    return rules


@functools.cache
def _connector_rules() -> dict[str, Rule]:
    return {
        name: rule
        for entry in _loaded()
        if entry.get("connectors")
        for name, rule in _parse_all(entry["arguments"]).items()
    }


def _parse_all(entries: Mapping[str, dict[str, Any]]) -> dict[str, Rule]:
    return {name: _parse(entry) for name, entry in entries.items()}


def _parse(entry: dict[str, Any]) -> Rule:
    given = dict(entry)
    for name in ("one_of", "keys", "needs"):
        given[name] = tuple(given.get(name, ()))
    given["kinds"] = frozenset(given.get("kinds", ()))
    given["of"] = _parse_all(given.get("of", {}))
    return Rule(**given)
