"""Whether every variable has a value where it is read, along every path, and is written only where it may be.

Two sets of variables travel along the graph: those set on every path to a node, and those set on some path. What is
read outside of the first set fails in at least one execution, unless no execution takes that path (`feasibility`).
"""

from __future__ import annotations

from collections.abc import Callable

from local.workflows.checker.flow.feasibility import PathFinder
from local.workflows.checker.flow.graph import Flow, Node, Read
from local.workflows.checker.flow.scopes import Scope, ScopeKind, Variable
from local.workflows.problems import ProblemList, did_you_mean

NamedElsewhere = Callable[[Read], bool]
"""Whether a name that is no variable means something else: a subworkflow or a constant of the library."""


def check_assignment(
    flow: Flow, problems: ProblemList, is_named_elsewhere: NamedElsewhere, suggestions: set[str]
) -> None:
    """Report undefined and maybe undefined variables, and writes that a parallel branch must not make.

    `suggestions` are names besides variables that may have been meant.
    """
    _Checker(flow, problems, is_named_elsewhere, suggestions).check()


class _Checker:
    def __init__(
        self, flow: Flow, problems: ProblemList, is_named_elsewhere: NamedElsewhere, suggestions: set[str]
    ) -> None:
        self._flow = flow
        self._problems = problems
        self._is_named_elsewhere = is_named_elsewhere
        self._suggestions = suggestions
        self._always, self._sometimes = assigned_variables(flow)
        self._reported: set[Variable] = set()
        self._paths = PathFinder(flow)

    def check(self) -> None:
        for node in self._flow.nodes:
            for read in node.reads:
                self._check_read(node, read)
            self._check_write(node)

    def _check_read(self, node: Node, read: Read) -> None:
        candidates = node.scope.visible(read.name)
        if not candidates:
            if read.is_shared or not self._is_named_elsewhere(read):
                self._report_unknown(node, read)
            return
        always = self._always[node.index]
        if always is None or any(variable.bit & always for variable in candidates):
            return  # nothing is read in a step that is never reached
        sometimes = self._sometimes[node.index]
        if not any(variable.bit & sometimes for variable in candidates):
            self._report_too_early(read, candidates[0])
        elif candidates[0] not in self._reported:
            self._check_path(node, read, candidates[0])

    def _check_path(self, node: Node, read: Read, variable: Variable) -> None:
        path = self._paths.path_without_write(node.index, variable)
        if path is None:
            return
        self._reported.add(variable)
        self._problems.add(
            "maybe-undefined",
            f"the variable {read.name!r} may have no value here",
            read.position,
            found=f"a way to this place on which it is never assigned{path.described()}",
            expected="a value on every way to this place",
            fix=f"assign {read.name}: null before the ways part",
        )

    def _check_write(self, node: Node) -> None:
        write = node.write
        outer = node.scope.kept_out(write.name) if write is not None else None
        if write is None or outer is None or not outer.bit & self._sometimes[node.index]:
            return
        branch = next(scope for scope in node.scope.chain() if write.name in scope.shadowed)
        self._problems.add(
            "not-shared",
            f"the variable {write.name!r} is written in a parallel step but not shared",
            write.position,
            found=f"{write.name!r} belongs to {outer.scope.described()} and is written in {branch.described()}",
            expected="writes only to shared variables and to those of the branch itself",
            fix=f"add {write.name} to the 'shared' list of the parallel step, or use another name",
        )

    def _report_too_early(self, read: Read, variable: Variable) -> None:
        if read.is_shared:
            self._report_not_there_to_share(read)
            return
        self._problems.add(
            "undefined-variable",
            f"the variable {read.name!r} has no value yet",
            read.position,
            found=f"{read.name!r} is only assigned later in {variable.scope.described()}",
            expected="a variable that was assigned before",
            fix=f"assign {read.name} in an earlier step",
        )

    def _report_unknown(self, node: Node, read: Read) -> None:
        if read.is_shared:
            self._report_not_there_to_share(read)
            return
        elsewhere = _home_of(read.name, self._flow)
        if elsewhere is not None:
            self._report_out_of_reach(node, read, elsewhere)
            return
        self._problems.add(
            "undefined-variable",
            f"{read.name!r} is neither a variable nor a subworkflow",
            read.position,
            found=repr(read.dotted),
            expected="a variable that was assigned before",
            fix=did_you_mean(read.name, node.scope.visible_names() | self._suggestions)
            or f"assign {read.name} first, or put quotes around it if it is text",
        )

    def _report_not_there_to_share(self, read: Read) -> None:
        self._problems.add(
            "shared-undefined",
            f"the shared variable {read.name!r} has no value before the parallel step",
            read.position,
            expected="a variable that was assigned before the parallel step",
            fix=f"assign {read.name}: null in a step before",
        )

    def _report_out_of_reach(self, node: Node, read: Read, home: Scope) -> None:
        what = {
            ScopeKind.BRANCH: "a variable of a parallel branch lives only there",
            ScopeKind.LOOP: "a variable first assigned in a loop lives only there",
            ScopeKind.HANDLER: "a variable first assigned in an except lives only there",
            ScopeKind.ROUTINE: "a variable lives only in its own workflow",
        }[home.kind]
        parallel = home.kind is ScopeKind.BRANCH
        self._problems.add(
            "out-of-scope",
            f"the variable {read.name!r} is not known here",
            read.position,
            found=f"{read.name!r} belongs to {home.described()}, read in {node.scope.described()}: {what}",
            expected="a variable of this scope or one around it",
            fix=f"assign {read.name}: null before the step{' and add it to its shared list' if parallel else ''}",
        )


def assigned_variables(flow: Flow) -> tuple[list[int | None], list[int]]:
    """For each node the variables set on every way to it (None: there is no way) and on some way, as sets of bits."""
    always, sometimes = _propagate(flow, skip_doubtful=True)
    complete, anywhere = _propagate(flow, skip_doubtful=False)
    if [state is None for state in always] != [state is None for state in complete]:
        return complete, anywhere  # some nodes are only reached by doubtful ways
    return always, sometimes


def _propagate(flow: Flow, *, skip_doubtful: bool) -> tuple[list[int | None], list[int]]:
    always: list[int | None] = [None] * len(flow.nodes)
    sometimes = [0] * len(flow.nodes)
    parameters = flow.scopes[0].variables
    given = sum(parameters[name].bit for name in flow.scopes[0].own)
    always[flow.entry] = sometimes[flow.entry] = given
    waiting = [flow.entry]
    while waiting:
        node = flow.nodes[waiting.pop()]
        before = always[node.index] or 0
        lost = node.opens.mask if node.opens is not None else 0
        before, maybe_before = before & ~lost, sometimes[node.index] & ~lost
        gained = _gained(node)
        ways = [(edge.target, gained) for edge in node.edges if not (skip_doubtful and edge.doubtful)]
        if node.on_error is not None:
            ways.append((node.on_error, 0))
        for target, gain in ways:
            known = always[target]
            merged = before | gain if known is None else known & (before | gain)
            merged_maybe = sometimes[target] | maybe_before | gain
            if merged != known or merged_maybe != sometimes[target]:
                always[target], sometimes[target] = merged, merged_maybe
                waiting.append(target)
    return always, sometimes


def _gained(node: Node) -> int:
    if node.write is None or not node.write.whole:
        return 0
    return node.scope.visible(node.write.name)[0].bit


def _home_of(name: str, flow: Flow) -> Scope | None:
    return next((scope for scope in flow.scopes if name in scope.variables), None)
