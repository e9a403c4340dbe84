"""The documented limits of Workflows that a source can break by itself.

Sources: cloud.google.com/workflows/quotas, the syntax cheat sheet, and the provider documentation of
`google_workflows_workflow`.
"""

SOURCE_BYTES = 128 * 1024
EXPRESSION_CHARACTERS = 400
"""Length of one expression, counted with its `${` and `}`."""
ASSIGNMENTS_PER_STEP = 50
CONDITIONS_PER_SWITCH = 50
BRANCHES_PER_PARALLEL_STEP = 10
PARALLEL_NESTING = 2
NODE_NESTING = 200
"""Ours: deeper nesting than any real source, and shallow enough to walk the tree without running out of stack."""
NODES = 100_000
"""Ours: nodes after aliases are expanded, far more than 128 KB can hold without them."""
HTTP_DEFAULT_TIMEOUT_S = 300.0
HTTP_LONGEST_TIMEOUT_S = 1800
HTTP_RESPONSE_BYTES = 2 * 1024 * 1024
ARGUMENT_BYTES = 32 * 1024
STRING_BYTES = 256 * 1024
MEMORY_BYTES = 512 * 1024
"""All variables, arguments and results an execution holds at one time."""
EXECUTION_S = 31_536_000
"""One year, as long as an execution may take; nothing in it may wait longer."""
STEPS_PER_EXECUTION = 100_000
CALL_DEPTH = 20
CONCURRENT_BRANCHES = 20
"""Branches and iterations running at one time; the rest wait."""
BRANCH_ERRORS = 100
"""Errors of branches that a parallel step reports."""
CONNECTOR_DEFAULT_TIMEOUT_S = 1800.0
CONNECTOR_LONGEST_TIMEOUT_S = EXECUTION_S
