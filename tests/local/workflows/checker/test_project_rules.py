"""The rules of the project where the edits of the coaching workflow do not lead: other shapes of the same thing."""

import pytest

from local.workflows import check
from local.workflows.checker.project import check_project, is_ours, worst_case_s
from local.workflows.checker.project.contracts import contract_of
from tests.local.workflows.checker.coaching import COACHING

DIRECT_CALL = """
main:
  params: [args]
  steps:
    - settings:
        assign:
          - deliver_url: ${sys.get_env("DELIVER_URL")}
    - work:
        try:
          steps:
            - deliver:
                try:
                  call: http.post
                  args:
                    url: ${deliver_url}
                    auth: {type: OIDC}
                    timeout: 60
                    body:
                      run_id: ${args.run_id}
                      session_id: ${args.session_id}
                      kind: KIND
                      failure_code: internal
                retry: ${http.default_retry}
        except:
          as: error
          steps:
            - note:
                try:
                  call: http.post
                  args:
                    url: ${deliver_url}
                    auth: {type: OIDC}
                    timeout: 60
                    body: >-
                      ${{"run_id": args.run_id, "session_id": args.session_id,
                      "kind": "failure", "failure_code": "internal"}}
                retry: ${http.default_retry}
            - fail:
                raise: ${error}
"""


def codes(source: str) -> set[str]:
    return {problem.code for problem in check_project(source)}


def test_stage_called_without_a_subworkflow_is_held_to_the_rules() -> None:
    assert codes(DIRECT_CALL.replace("KIND", "failure")) == set()
    assert codes(DIRECT_CALL.replace("KIND", "letter")) == {"bad-value"}


def test_request_written_as_one_expression_is_looked_into() -> None:
    source = DIRECT_CALL.replace("KIND", "failure").replace('"session_id": args.session_id,', "")
    assert codes(source) == {"missing-field"}


def test_request_that_cannot_be_seen_is_reported() -> None:
    begin, _, rest = DIRECT_CALL.replace("KIND", "failure").partition("                    body:\n")
    source = begin + "                    body: ${args.body}\n" + rest[rest.index("                retry") :]
    assert "request-not-shown" in codes(source)


def test_constant_is_reported_at_the_knob_with_the_place_where_it_is_used() -> None:
    source = COACHING.read_text("utf-8").replace("speaking_rate: 1.0", "speaking_rate: fast")
    problem = next(problem for problem in check_project(source) if problem.code == "bad-value")
    lines = source.splitlines()
    used = next(number for number, line in enumerate(lines, start=1) if "speaking_rate: ${if" in line)
    assert "speaking_rate: fast" in lines[problem.line - 1]
    assert f"used at line {used}" in problem.found


def test_secret_is_not_repeated_in_full() -> None:
    key = "AIzaSyA1234567890abcdefghijklmnopqrstuvw"
    problems = [problem for problem in check_project(f"- a: {{return: '{key}'}}") if problem.code == "secret"]
    assert len(problems) == 1
    assert key not in str(problems[0])


@pytest.mark.parametrize(
    "line",
    [
        "- url: https://bob:hunter22@example.org/x",
        "- token: ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "# sk_live_abcdefghijklmnop",
        "- x: -----BEGIN RSA PRIVATE KEY-----",
        "- password: correct-horse",
        '- body: {"api_key": "0123456789abcdef"}',
        "- to: hanako@yahoo.co.jp",
        "- jwt: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdef",
        "- header: 'Authorization: Bearer abcdefghijklmnop'",
    ],
)
def test_secrets_are_found(line: str) -> None:
    assert "secret" in codes(f"- a: {{return: 1}}\n{line}")


@pytest.mark.parametrize(
    "line",
    [
        "# workflows@my-project.iam.gserviceaccount.com",
        "# the secret is in Secret Manager",
        "# password: ${args.password}",
        "# write to someone@example.com",
        "# https://run.googleapis.com:443/v2",
        "# api_key: projects/p/secrets/s/versions/1",
    ],
)
def test_harmless_lines_are_no_secrets(line: str) -> None:
    assert "secret" not in codes(f"- a: {{return: 1}}\n{line}\n")


def test_rules_hold_for_our_files_only() -> None:
    assert is_ours("- a: {return: 1}", "coaching.yaml")
    assert is_ours('- a: {assign: [{u: "${sys.get_env(\\"COACH_URL\\")}"}]}')
    assert not is_ours("- a: {return: 1}", "anything.yaml")


def test_language_rules_know_nothing_of_the_project() -> None:
    assert check(DIRECT_CALL.replace("KIND", "letter")) == []


def test_contracts_are_learned_from_the_stages() -> None:
    prepare, coach = contract_of("prepare"), contract_of("coach")
    assert prepare is not None
    assert prepare.answer is not None
    assert {"has_memo", "cook_bucket"} <= prepare.answer
    assert coach is not None
    assert "analyze" in coach.required
    assert "transcribe" in coach.optional


def test_stage_that_is_not_in_the_checkout_has_no_contract() -> None:
    assert contract_of("dishwasher") is None


def test_latest_end_counts_attempts_delays_and_the_slower_branch() -> None:
    source = """
main:
  steps:
    - settings:
        assign:
          - url: ${sys.get_env("PREPARE_URL")}
    - both:
        parallel:
          branches:
            - quick: {steps: [{a: {call: http.post, args: {url: "${url}", timeout: 10}}}]}
            - slow:
                steps:
                  - b:
                      try: {call: http.post, args: {url: "${url}", timeout: 100}}
                      retry:
                        predicate: ${http.default_retry_predicate}
                        max_retries: 2
                        backoff: {initial_delay: 5, max_delay: 8, multiplier: 2}
    - c: {call: http.post, args: {url: "${url}", timeout: 7}}
"""
    slow = 3 * 100 + 5 + 8
    assert worst_case_s(source) == slow + 7
    assert worst_case_s("- a: {return: 1}") is None
