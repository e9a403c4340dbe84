"""The one helper of the connectors that the service allows inside of an expression."""

from local.workflows import Workflow, check

SOURCE = """
- read:
    assign:
      - secret: ${googleapis.secretmanager.v1.projects.secrets.versions.accessString("name", "1", "project")}
- done:
    return: ${secret}
"""


def test_a_source_that_reads_a_secret_in_an_expression_is_right() -> None:
    assert check(SOURCE) == []


def test_reading_a_secret_here_fails_and_names_what_this_machine_has_not() -> None:
    execution = Workflow(SOURCE).execute()
    assert execution.state == "FAILED"
    assert execution.error is not None
    assert "this machine has no connector googleapis.secretmanager" in execution.error.payload["message"]
