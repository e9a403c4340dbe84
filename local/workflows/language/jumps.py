"""Where `next` may lead: checks the names of a routine's steps and the jumps between them."""

from local.workflows.language.syntax import (
    BREAK,
    CONTINUE,
    END,
    JUMP_WORDS,
    ForStep,
    Jump,
    ParallelStep,
    Routine,
    Step,
    nested_steps,
)
from local.workflows.problems import ProblemList, did_you_mean


def check_jumps(routine: Routine, problems: ProblemList) -> None:
    """Report step names given twice and jumps that lead nowhere.

    A step reaches the steps of its own block and of the blocks around it. The walls are the routine and a parallel
    branch or iteration: nothing jumps out of those.
    """
    everywhere = _check_names(routine.steps, routine.name, problems)
    _check_block(routine.steps, frozenset(), everywhere, problems, in_loop=False, in_parallel=False)


def _check_names(steps: tuple[Step, ...], routine: str, problems: ProblemList) -> frozenset[str]:
    """Report repeated names and return all names. The branches of a parallel step are worlds of their own."""
    first: dict[str, Step] = {}
    names: set[str] = set()
    pending = list(reversed(steps))
    while pending:
        step = pending.pop()
        if step.name_node is not None:
            _check_name(step, first, routine, problems)
            first.setdefault(step.name, step)
        if isinstance(step, ParallelStep):
            for block in nested_steps(step):
                names |= _check_names(block, routine, problems)
        else:
            pending.extend(reversed([inner for block in nested_steps(step) for inner in block]))
    return frozenset(names | first.keys())


def _check_name(step: Step, first: dict[str, Step], routine: str, problems: ProblemList) -> None:
    if step.name in JUMP_WORDS:
        problems.add(
            "reserved-name",
            f"a step cannot be called {step.name!r}",
            step.position,
            expected=f"a name other than {', '.join(sorted(JUMP_WORDS))}",
        )
    if step.name in first:
        problems.add(
            "duplicate-step",
            f"two steps of {routine!r} are called {step.name!r}",
            step.position,
            found=f"first used at line {first[step.name].position.line}",
            expected="each name once in a routine, nested steps included",
            fix="rename one of them",
        )


def _check_block(
    steps: tuple[Step, ...],
    outer: frozenset[str],
    everywhere: frozenset[str],
    problems: ProblemList,
    *,
    in_loop: bool,
    in_parallel: bool,
) -> None:
    reachable = outer | {step.name for step in steps if step.name_node is not None}
    for step in steps:
        if step.next is not None:
            _check_jump(step.next, reachable, everywhere, problems, in_loop=in_loop, in_parallel=in_parallel)
        is_parallel = isinstance(step, ParallelStep)
        is_loop = isinstance(step, ForStep) or (isinstance(step, ParallelStep) and step.loop is not None)
        for block in nested_steps(step):
            _check_block(
                block,
                frozenset() if is_parallel else reachable,
                everywhere,
                problems,
                in_loop=is_loop or (in_loop and not is_parallel),
                in_parallel=in_parallel or is_parallel,
            )


def _check_jump(
    jump: Jump,
    reachable: frozenset[str],
    everywhere: frozenset[str],
    problems: ProblemList,
    *,
    in_loop: bool,
    in_parallel: bool,
) -> None:
    destination = jump.destination
    if destination == END or destination in reachable:
        return
    if destination in {BREAK, CONTINUE}:
        if not in_loop:
            problems.add(
                "jump-outside-loop",
                f"'next: {destination}' stands outside of a for loop",
                jump.position,
                expected="a step's name or 'end'",
            )
        return
    hidden = destination in everywhere
    where = "this parallel branch" if in_parallel else "this block or one around it"
    problems.add(
        "unknown-step",
        f"there is no step {destination!r} to jump to" + (f" in {where}" if hidden else ""),
        jump.position,
        found=repr(destination),
        expected="the name of a step in the same block or one around it, or 'end'",
        fix="" if hidden else did_you_mean(destination, reachable | {END}),
    )
