"""From source text to a typed tree: loader (text to nodes), expressions, syntax (the tree), parser (nodes to tree)."""
