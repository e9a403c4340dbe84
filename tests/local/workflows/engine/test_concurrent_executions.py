"""Many executions of one workflow at once, each with its own answer."""

from typing import Any

from local.workflows import ExecutionState, RunningExecution, Workflow
from local.workflows.connectors import ConnectorTable
from tests.local.workflows.mock_service import MockService

EXECUTIONS = 50

# A run as the coaching workflow has it: calls with retries, branches that fill a shared map, a loop, an error that is
# understood, a job, and a result put together from all of it.
REALISTIC = """\
main:
  params: [args]
  steps:
    - settings:
        assign:
          - service: ${sys.get_env("SERVICE")}
          - dish: ${default(map.get(args, ["dish", "name"]), "unknown")}
          - kind: ${if(text.match_regex(dish, "^fried"), "pan", "other")}
          - results: {}
          - score: 0
          - errors: []
    - ask_flaky:
        try:
          call: http.post
          args:
            url: ${service + "/flaky/" + args.id + "?failures=2"}
            auth: {type: OIDC, audience: '${service}'}
            body: {dish: '${dish}', id: '${args.id}'}
            timeout: 10
          result: asked
        retry:
          predicate: ${is_passing}
          max_retries: 4
          backoff: {initial_delay: 0.01, max_delay: 0.02, multiplier: 2}
    - weigh:
        for:
          value: weight
          index: position
          in: ${args.weights}
          steps:
            - skip_negative:
                switch:
                  - condition: ${weight < 0}
                    next: continue
            - add: {assign: [{score: '${score + weight * (position + 1)}'}]}
    - look_and_listen:
        parallel:
          shared: [results, errors]
          branches:
            - look:
                steps:
                  - see: {call: stage, args: {service: '${service}', name: look, payload: '${args.id}'}, result: seen}
                  - keep_seen: {assign: [{'results["look"]': '${seen}'}]}
            - listen:
                steps:
                  - hear: {call: stage, args: {service: '${service}', name: listen, payload: '${dish}'}, result: heard}
                  - keep_heard: {assign: [{results.listen: '${heard}'}]}
            - refused:
                steps:
                  - ask:
                      try: {call: http.get, args: {url: '${service + "/status/422"}'}}
                      except:
                        as: e
                        steps:
                          - note: {assign: [{errors: '${list.concat(errors, e.body.asked)}'}]}
    - pages:
        parallel:
          shared: [results]
          for:
            value: page
            range: [1, 4]
            steps:
              - turn: {call: stage, args: {service: '${service}', name: page, payload: '${page}'}, result: text_of}
              - keep_page: {assign: [{'results["page" + page]': '${text_of}'}]}
    - render:
        call: googleapis.run.v2.projects.locations.jobs.run
        args:
          name: ${"projects/p/locations/l/jobs/render-" + args.id}
          connector_params: {timeout: 60, polling_policy: {initial_delay: 0.01, multiplier: 1, max_delay: 0.01}}
        result: job
    - answer:
        return:
          id: ${args.id}
          dish: ${dish}
          kind: ${kind}
          tries: ${asked.body.asked}
          score: ${score}
          results: ${json.decode(base64.decode(base64.encode(json.encode(results))))}
          errors: ${errors}
          rendered: ${job.succeededCount == 1}
stage:
  params: [service, name, payload, extra: null]
  steps:
    - send:
        call: http.post
        args:
          url: ${service + "/echo"}
          body: {name: '${name}', payload: '${payload}', extra: '${extra}'}
        result: answer
    - parse: {return: '${json.decode(answer.body.body)}'}
is_passing:
  params: [e]
  steps:
    - decide: {return: '${"HttpError" in e.tags and e.code in [429, 502, 503, 504]}'}
"""


def argument(number: int) -> dict[str, Any]:
    return {"id": f"run{number}", "dish": {"name": f"fried rice {number}"}, "weights": [number, -1, 2 * number]}


def expected(number: int) -> dict[str, Any]:
    def stage(name: str, payload: object) -> dict[str, Any]:
        return {"name": name, "payload": payload, "extra": None}

    return {
        "id": f"run{number}",
        "dish": f"fried rice {number}",
        "kind": "pan",
        "tries": 3,
        "score": number + 3 * 2 * number,
        "results": {
            "look": stage("look", f"run{number}"),
            "listen": stage("listen", f"fried rice {number}"),
            **{f"page{page}": stage("page", page) for page in range(1, 5)},
        },
        "errors": [422],
        "rendered": True,
    }


def test_fifty_realistic_executions_at_once_are_all_correct(service: MockService) -> None:
    workflow = Workflow(REALISTIC)
    table = ConnectorTable({"run.googleapis.com": service.url})
    running: list[RunningExecution] = [
        workflow.start(argument(number), env={"SERVICE": service.url}, connectors=table) for number in range(EXECUTIONS)
    ]
    for number, execution in enumerate(running):
        ended = execution.wait(60)
        assert ended.state is ExecutionState.SUCCEEDED, ended.error
        assert ended.result == expected(number)
