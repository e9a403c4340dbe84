"""The time line of a simulation as text: one bar per call, and the critical path below."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.workflows.tools.simulation.fake_stages import Attempt
from local.workflows.tools.simulation.scenario import promised_s
from local.workflows.tools.simulation.simulation import Simulation
from local.workflows.tools.writing import shortened

NARROWEST_BARS = 20
"""Columns for the bars, however narrow the terminal."""
_WORTH_SEEING = frozenset({"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
LONGEST_LOG = 160
"""Log entries are cut to this many characters."""
LABEL_WIDTH = 34
"""Columns for everything beside the bars."""


def chart(simulation: Simulation, width: int) -> RenderableType:
    """Everything `simulate` prints, for a terminal of `width` columns."""
    return Group(_time_line(simulation, width), Text(), _critical_path(simulation), Text(), *_summary(simulation))


def minutes(seconds: float) -> str:
    """`2:05` for 125 seconds."""
    if seconds == float("inf"):
        return "more time than can be worked out"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _time_line(simulation: Simulation, width: int) -> Table:
    columns = max(NARROWEST_BARS, width - LABEL_WIDTH)
    table = Table(title="Time line", title_justify="left", box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for attempt in simulation.attempts:
        took = f"{attempt.finished_at - attempt.started_at:.1f} s"
        table.add_row(_name(attempt), took, _bar(attempt, simulation.duration_s, columns))
    table.add_row("", "", _axis(simulation.duration_s, columns))
    return table


def _name(attempt: Attempt) -> Text:
    if attempt.succeeded:
        return Text(attempt.label)
    return Text(f"{attempt.label} {attempt.outcome}", style="red")


def _bar(attempt: Attempt, total_s: float, columns: int) -> Text:
    scale = columns / max(total_s, 1.0)
    start = min(round(attempt.started_at * scale), columns - 1)
    length = max(1, round(attempt.finished_at * scale) - start)
    return Text(
        " " * start + ("█" if attempt.succeeded else "▒") * length, style="green" if attempt.succeeded else "red"
    )


def _axis(total_s: float, columns: int) -> Text:
    end = minutes(total_s)
    middle = minutes(total_s / 2)
    gap = columns // 2 - len("0:00") - len(middle) // 2
    line = "0:00" + " " * max(1, gap) + middle
    return Text(line + " " * max(1, columns - len(line) - len(end)) + end, style="dim")


def _critical_path(simulation: Simulation) -> Table:
    table = Table(title="Critical path", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    for segment in simulation.critical_path():
        share = segment.duration_s / max(simulation.duration_s, 1e-9)
        style = "dim" if segment.label == "waiting" else ""
        table.add_row(Text(segment.label, style), f"{segment.duration_s:.1f} s", f"{share:.0%}")
    return table


def _summary(simulation: Simulation) -> Iterator[RenderableType]:
    promised_text, promised_video = promised_s()
    for purpose, what, promised in (("text", "text", promised_text), ("video", "video", promised_video)):
        moment = simulation.delivered_at(purpose)
        if moment is not None:
            kept = moment <= promised
            said = (
                f"within the promised {minutes(promised)}" if kept else f"later than the promised {minutes(promised)}"
            )
            yield Text(f"{what.capitalize()} delivered at {minutes(moment)}, {said}.", style="" if kept else "red")
    if simulation.delivered_at("failure") is not None:
        yield Text("The cook was told of the failure.", style="yellow")
    for severity, payload in simulation.logs:
        if severity in _WORTH_SEEING:
            text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, default=str)
            yield Text(f"{severity}: {shortened(text, LONGEST_LOG)}", style="yellow")
    execution = simulation.execution
    yield Text(f"{execution.state} after {minutes(simulation.duration_s)}, {execution.steps} steps.")
    if execution.error is not None:
        yield Text(execution.error.context, style="red")
