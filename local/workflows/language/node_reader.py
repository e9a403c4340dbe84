"""Reads what steps and routines have in common from nodes: keys, names, lists, and the faults in them."""

import re
from collections.abc import Collection

from local.workflows.language.nodes import Entry, Mapping, Node, Position, Scalar, kind_of
from local.workflows.language.syntax import Value
from local.workflows.language.templates import parse_value
from local.workflows.problems import ProblemList, did_you_mean, listed

IDENTIFIER_FORM = "letters, digits and underscores, not beginning with a digit"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_identifier(text: str) -> bool:
    """Whether `text` can name a variable, a parameter or a subworkflow."""
    return _IDENTIFIER.fullmatch(text) is not None


class NodeReader:
    """Takes nodes apart; whatever is not as it should be goes to `problems`.

    `where` names the place in messages, such as "the for of step 'pages'".
    """

    def __init__(self, problems: ProblemList) -> None:
        self.problems = problems

    def value(self, node: Node) -> Value:
        return parse_value(node, self.problems)

    def optional_value(self, node: Node | None) -> Value | None:
        return self.value(node) if node is not None else None

    def wrong_kind(self, code: str, message: str, node: Node, *, expected: str, fix: str = "") -> None:
        """`node` is not of the kind that belongs there."""
        found = kind_of(node)
        if not isinstance(node, Scalar) and len(node) == 0:
            found = "an empty map" if isinstance(node, Mapping) else "an empty list"
        self.problems.add(code, message, node.position, found=found, expected=expected, fix=fix)

    def single_entry(self, node: Node, what: str) -> Entry | None:
        """The only entry of a map such as `- name: body`."""
        if isinstance(node, Mapping) and len(node) == 1:
            return node.entries[0]
        too_many = isinstance(node, Mapping) and len(node) > 1
        self.problems.add(
            f"bad-{what}",
            f"each {what} must be a map with exactly one name",
            node.position,
            found=", ".join(node.keys()) if isinstance(node, Mapping) and too_many else kind_of(node),
            expected="name: and what belongs to it",
            fix="indent what belongs to the name below it" if too_many else "",
        )
        return None

    def required(self, mapping: Mapping, key: str, where: str) -> Node | None:
        node = mapping.get(key)
        if node is None:
            self.problems.add("missing-key", f"{where} has no {key!r}", mapping.position, expected=f"{key}:")
        return node

    def exactly_one(self, mapping: Mapping, keys: tuple[str, str], where: str) -> None:
        given = [key for key in keys if key in mapping]
        if len(given) != 1:
            self.problems.add(
                "missing-key" if not given else "two-of-one",
                f"{where} needs exactly one of {listed(keys)}",
                mapping.position,
                found=" and ".join(given) or "neither",
                expected=listed(keys),
            )

    def variable(self, mapping: Mapping, key: str, where: str, *, required: bool) -> str | None:
        """The variable named under `key`."""
        node = self.required(mapping, key, where) if required else mapping.get(key)
        if node is None:
            return None
        if isinstance(node, Scalar) and is_identifier(node.text):
            return node.text
        message = f"{key!r} in {where} must be the name of a variable"
        self.problems.add("bad-name", message, node.position, found=kind_of(node), expected=IDENTIFIER_FORM)
        return None

    def limit(self, count: int, most: int, what: str, where: str, at: Position) -> None:
        if count > most:
            self.problems.add(
                "too-many",
                f"{where} has too many {what}",
                at,
                found=str(count),
                expected=f"at most {most}",
                fix="spread them over several steps",
            )

    def refuse_unknown_keys(
        self,
        mapping: Mapping,
        allowed: Collection[str],
        where: str,
        *,
        also_known: Collection[str] = (),
        suggestions: Collection[str] = (),
    ) -> bool:
        """Report every key that is not in `allowed`, with the word that was probably meant; True if there was one.

        Keys in `also_known` are wrong here too, but somebody else says so.
        """
        unknown = [entry.key for entry in mapping if entry.key.text not in {*allowed, *also_known}]
        for key in unknown:
            self.problems.add(
                "unknown-key",
                f"unknown key {key.text!r} in {where}",
                key.position,
                found=repr(key.text),
                expected=listed(sorted(allowed)),
                fix=did_you_mean(key.text, {*allowed, *suggestions}),
            )
        return bool(unknown)
