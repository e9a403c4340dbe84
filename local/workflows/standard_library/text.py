"""`text.*`: searching, replacing, splitting and encoding strings. Regular expressions are RE2's and run in linear time.

Source: cloud.google.com/workflows/docs/reference/stdlib/text
"""

import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import re2

from local.workflows import limits
from local.workflows.errors import system_error
from local.workflows.standard_library.registry import library_function

_REWRITE = re.compile(r"([^\\]+)|\\(.?)", re.DOTALL)
"""Text without a backslash, or a backslash and what it escapes."""


@library_function("text.decode")
def decode(data: bytes, charset: str = "UTF-8") -> str:
    """The string that bytes encode."""
    try:
        return data.decode(charset)
    except (LookupError, UnicodeDecodeError) as error:
        raise system_error("ValueError", f"text.decode: {error}") from None


@library_function("text.encode")
def encode(data: str, charset: str = "UTF-8") -> bytes:
    """The bytes of a string."""
    try:
        return data.encode(charset)
    except (LookupError, UnicodeEncodeError) as error:
        raise system_error("ValueError", f"text.encode: {error}") from None


@library_function("text.find_all")
def find_all(source: str, substr: str) -> list[dict[str, Any]]:
    """Every place of a substring, as maps of `index` and `match`."""
    if not substr:
        raise system_error("ValueError", "text.find_all: 'substr' must not be empty")
    found = []
    index = source.find(substr)
    while index >= 0:
        found.append({"index": index, "match": substr})
        index = source.find(substr, index + len(substr))
    return found


@library_function("text.find_all_regex")
def find_all_regex(source: str, regexp: str) -> list[dict[str, Any]]:
    """Every match of a regular expression, as maps of `index` and `match`."""
    return [{"index": match.start(), "match": match.group(0)} for match in _compile(regexp).finditer(source)]


@library_function("text.match_regex")
def match_regex(source: str, regexp: str) -> bool:
    """Whether a regular expression matches anywhere in a string."""
    return _compile(regexp).search(source) is not None


@library_function("text.replace_all")
def replace_all(source: str, substr: str, repl: str) -> str:
    """The string with every place of a substring replaced."""
    _check_growth("text.replace_all", source, source.count(substr), repl)
    return source.replace(substr, repl)


@library_function("text.replace_all_regex")
def replace_all_regex(source: str, regexp: str, repl: str) -> str:
    r"""The string with every match replaced; `\1` stands for the first group."""
    pattern = _compile(regexp)
    parts = _rewrite_parts(repl, pattern.groups)
    _check_growth("text.replace_all_regex", source, sum(1 for _ in pattern.finditer(source)), repl)
    replaced: str = pattern.sub(
        lambda match: "".join(part if isinstance(part, str) else match.group(part) or "" for part in parts), source
    )
    return replaced


@library_function("text.split")
def split(source: str, separator: str) -> list[str]:
    """The parts between separators."""
    if not separator:
        raise system_error("ValueError", "text.split: 'separator' must not be empty")
    return source.split(separator)


@library_function("text.substring")
def substring(source: str, start: int, end: int) -> str:
    """The characters from `start` up to, not including, `end`."""
    return source[start:end]


@library_function("text.to_lower")
def to_lower(source: str) -> str:
    """The string in lower case."""
    return source.lower()


@library_function("text.to_upper")
def to_upper(source: str) -> str:
    """The string in upper case."""
    return source.upper()


@library_function("text.url_decode")
def url_decode(source: str) -> str:
    """The string without percent encoding."""
    return unquote(source)


@library_function("text.url_encode")
def url_encode(source: str) -> str:
    """The string with every reserved character, `/` included, percent-encoded."""
    return quote(source, safe="")


@library_function("text.url_encode_plus")
def url_encode_plus(source: str) -> str:
    """Like `text.url_encode`, with `+` for a space."""
    return quote_plus(source)


def _rewrite_parts(rewrite: str, groups: int) -> list[str | int]:
    r"""A replacement as literal text and numbers of groups. `\0` to `\9` name groups, `\\` is a backslash."""
    parts: list[str | int] = []
    for literal, escaped in _REWRITE.findall(rewrite):
        if not escaped:
            parts.append(literal)
        elif escaped == "\\":
            parts.append("\\")
        elif escaped.isdigit() and int(escaped) <= groups:
            parts.append(int(escaped))
        else:
            expected = rf"\0 to \{groups}, or \\"
            message = f"text.replace_all_regex: 'repl' has \\{escaped}, but only {expected} mean anything there"
            raise system_error("ValueError", message)
    return parts


def _check_growth(function: str, source: str, places: int, replacement: str) -> None:
    """Refuse to build a string that would be far too long to keep."""
    length = len(source) + places * len(replacement)
    if length > limits.MEMORY_BYTES:
        raise system_error("ResourceLimitError", f"{function}: the result would have up to {length:,} characters")


def _compile(regexp: str) -> re2._Regexp:  # the type has no public name
    options = re2.Options()
    options.log_errors = False  # RE2 would write to standard error
    try:
        return re2.compile(regexp, options)
    except re2.error as error:
        raise system_error("ValueError", f"invalid regular expression {regexp!r}: {error.args[0].decode()}") from None
