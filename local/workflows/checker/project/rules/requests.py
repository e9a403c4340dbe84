"""Whether each stage is asked with what it asks for: its fields, all that are required, and values it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from local.workflows.checker.project.contracts import contract_of
from local.workflows.checker.project.facts import facts
from local.workflows.checker.project.stage_calls import Field, Request, StageCall
from local.workflows.checker.values.shapes import Known
from local.workflows.checker.values.wording import constant_used
from local.workflows.problems import ProblemList, did_you_mean, listed


def check_request(call: StageCall, problems: ProblemList) -> None:
    """Report what the stage would refuse of this call's request."""
    if call.request is None:
        _report_unseen(call, problems)
        return
    contract = contract_of(call.stage)
    if contract is None:
        return
    model = contract.request
    for field in call.request.fields:
        if field.name in model.model_fields:
            _check_field(field, model.model_fields[field.name], model, call, problems)
        else:
            _report_unknown(field, model, call, problems)
    if call.request.is_complete:
        for name in _missing(call.request, model):
            _report_missing(name, call, call.request, problems)


def _missing(request: Request, model: type[BaseModel]) -> Iterator[str]:
    given = {field.name for field in request.fields}
    return (name for name, info in model.model_fields.items() if info.is_required() and name not in given)


def _report_unseen(call: StageCall, problems: ProblemList) -> None:
    variable = facts().job_request_variable
    problems.add(
        "request-not-shown",
        f"what {call.stage!r} is asked with cannot be read from the source",
        call.position,
        expected=f"env: with name: {variable} and value: ${{json.encode_to_string({{...}})}}"
        if call.is_job
        else "body: with the fields of the request",
        fix=f"give the job its request in {variable}" if call.is_job else "write the body out as a map",
    )


def _report_unknown(field: Field, model: type[BaseModel], call: StageCall, problems: ProblemList) -> None:
    known = list(model.model_fields)
    problems.add(
        "unknown-field",
        f"the stage {call.stage!r} does not know {field.name!r}",
        field.position,
        found=repr(field.name),
        expected=listed(known),
        fix=did_you_mean(field.name, known) or f"remove {field.name}",
    )


def _report_missing(name: str, call: StageCall, request: Request, problems: ProblemList) -> None:
    problems.add(
        "missing-field",
        f"the stage {call.stage!r} is asked without {name!r}",
        request.position,
        found=", ".join(field.name for field in request.fields) or "no fields",
        expected=f"{name}:",
        fix=f"add '{name}:' to the request of step {call.site.name!r}",
    )


def _check_field(field: Field, info: FieldInfo, model: type[BaseModel], call: StageCall, problems: ProblemList) -> None:
    for known in field.shape.constants:
        reason = _refusal(model, field.name, known.value)
        if reason:
            _report_value(field, known, info, call, reason, problems)


def _refusal(model: type[BaseModel], name: str, value: object) -> str:
    """Why the model does not take this value for one of its fields, or ""; what else is missing does not matter."""
    try:
        model.model_validate({name: value})
    except ValidationError as error:
        return next((each["msg"] for each in error.errors() if each["loc"][:1] == (name,)), "")
    return ""


def _report_value(
    field: Field, known: Known, info: FieldInfo, call: StageCall, reason: str, problems: ProblemList
) -> None:
    allowed = _allowed(info)
    fix = did_you_mean(known.value, [str(each) for each in allowed]) if isinstance(known.value, str) else ""
    problems.add(
        "bad-value",
        f"the stage {call.stage!r} does not take this {field.name}",
        known.position,
        found=constant_used(known, field.position),
        expected=listed(repr(each) for each in allowed) if allowed else _expected(info, reason),
        fix=fix or f"change it to what {call.stage!r} takes",
    )


def _allowed(info: FieldInfo) -> list[object]:
    """The values of a Literal or an enumeration."""
    annotation: Any = info.annotation
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    members = getattr(annotation, "__members__", None)
    return [member.value for member in members.values()] if members else []


def _expected(info: FieldInfo, reason: str) -> str:
    bounds = []
    for constraint in info.metadata:
        for sign, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
            limit = getattr(constraint, sign, None)
            if limit is not None:
                bounds.append(f"{words} {limit}")
    return " and ".join(bounds) or reason[:1].lower() + reason[1:]
