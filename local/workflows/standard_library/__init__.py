"""The standard library of Workflows: every documented function a workflow can call without a connector.

`FUNCTIONS` and `CONSTANTS` are the tables; importing this package fills them.
"""

from local.workflows.standard_library import (
    encoding,
    events,
    executions,
    expression_helpers,
    http_functions,
    lists_and_maps,
    numbers,
    retry_policies,
    system,
    text,
    times,
)
from local.workflows.standard_library.registry import CONSTANTS, FUNCTIONS, LibraryFunction, Parameter, Signature

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "LibraryFunction",
    "Parameter",
    "Signature",
    "encoding",
    "events",
    "executions",
    "expression_helpers",
    "http_functions",
    "lists_and_maps",
    "numbers",
    "retry_policies",
    "system",
    "text",
    "times",
]
