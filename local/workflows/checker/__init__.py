"""The checker: finds what is wrong with a workflow before anybody runs or deploys it.

`check` knows the rules of the language and holds for any workflow. What this project asks of its own workflows beside
them lives in `project`.
"""

from local.workflows.checker.language import analyse
from local.workflows.problems import Problem

__all__ = ["check"]


def check(source: str) -> list[Problem]:
    """Everything wrong with `source` by the rules of the language, in the order of the source."""
    return analyse(source)[1]
