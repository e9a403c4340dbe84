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
