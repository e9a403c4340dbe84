"""A workflow as a tree and as a Mermaid flowchart."""

import io
import re

from rich.console import Console

from local.workflows.language.parser import parse
from local.workflows.language.syntax import Definition, all_steps
from local.workflows.tools.mermaid import mermaid
from local.workflows.tools.outline import outline
from tests.local.workflows.case_files import all_cases
from tests.local.workflows.checker.coaching import COACHING

DRAWN_AS_TREES = {"steps", "parallel", "errors", "scopes"}
"""Files of cases with steps of every kind; drawing takes a while."""
BOX = re.compile(r'^\s+(\w+)(\(\[|\[\[|\{\{|\(\(|\[|\{|>)"[^"]*"(\]\)|\]\]|\}\}|\)\)|\]|\})$')
FRAME = re.compile(r'^\s+subgraph (\w+)\["[^"]*"\]$')
ARROW = re.compile(r'^    (\w+) (?:-->(?:\|"[^"]*"\|)?|-\. error \.->) (\w+)$')


def definition_of(source: str) -> Definition:
    definition = parse(source).definition
    assert definition is not None
    return definition


def drawn(source: str) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200).print(outline(definition_of(source), "x.yaml"))
    return stream.getvalue()


def check_chart(text: str) -> None:
    """Every line is one of Mermaid's, frames are closed, and arrows join what is there."""
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    known: set[str] = set()
    arrows: list[tuple[str, str]] = []
    depth = 0
    for line in lines[1:]:
        if box := BOX.match(line):
            assert box[1] not in known, line
            known.add(box[1])
        elif frame := FRAME.match(line):
            known.add(frame[1])
            depth += 1
        elif arrow := ARROW.match(line):
            arrows.append((arrow[1], arrow[2]))
        else:
            assert line.strip() == "end", line
            depth -= 1
            assert depth >= 0
    assert depth == 0
    assert {end for arrow in arrows for end in arrow} <= known


def test_every_workflow_can_be_drawn() -> None:
    for case in all_cases():
        if case.ending != "refused":
            check_chart(mermaid(definition_of(case.source)))
            assert case.file not in DRAWN_AS_TREES or drawn(case.source), case


def test_coaching_workflow_as_a_chart() -> None:
    source = COACHING.read_text("utf-8")
    chart = mermaid(definition_of(source))
    check_chart(chart)
    for step in all_steps(definition_of(source).main.steps):
        if step.name_node is not None:
            assert step.name in chart


def test_coaching_workflow_as_a_tree() -> None:
    text = drawn(COACHING.read_text("utf-8"))
    assert "branch video" in text
    assert "outro_s = " in text
    assert "retry up to" in text
    assert "call_stage(url, body, timeout_s, patience)" in text


def test_jumps_and_conditions_are_arrows() -> None:
    source = """
- a:
    switch:
      - condition: ${1 < 2}
        next: c
- b: {return: "<b> & \\"b\\""}
- c: {return: 1}
"""
    chart = mermaid(definition_of(source))
    check_chart(chart)
    assert '|"1 #lt; 2"|' in chart
    assert "#lt;b#gt; #amp;" in chart


def test_text_of_a_workflow_is_never_markup() -> None:
    assert "[red]x[/]" in drawn("- a: {return: '[red]x[/]'}")
