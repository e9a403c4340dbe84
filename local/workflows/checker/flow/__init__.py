"""How control and variables flow through a routine: graph, scopes, reachability and definite assignment."""
