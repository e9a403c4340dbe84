"""Asks Gemini to score lessons by the rubric, a few at a time, within a deadline.

An answer is believed when the model ended it properly and it fits the schema. Otherwise the same is asked once more,
with what was wrong; then the case counts as unscored, with the reason. Nothing is asked without a key, and the key is
neither stored nor told: `google-genai` sends it in a header, and it is cut out of whatever comes back.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import SecretStr, ValidationError

from shared.models.coaching import CoachingText
from tests.evals.lessons import LessonCase
from tests.evals.rubric import CRITERIA, Judgement, RubricReport, Scores, block_of, instructions, one_line, report_of

if TYPE_CHECKING:
    import httpx2
    from google.genai import types

KEY_VARIABLES = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
"""Where a key is looked for; the first wins, as in google-genai itself."""
DEFAULT_MODEL = "gemini-3.8-flash"
"""Generally available, no end announced: https://ai.google.dev/gemini-api/docs/deprecations."""
CONCURRENCY = 4
DEADLINE_S = 600.0
"""For all cases together. A case takes a model that thinks some ten seconds."""
REQUEST_TIMEOUT_MS = 60_000
ATTEMPTS = 7
"""Of one request, while the service is busy: they reach past the minute that rate limits count by."""
FIRST_RETRY_S = 1.0
"""Doubles with each retry, up to `LONGEST_RETRY_S`."""
LONGEST_RETRY_S = 30.0
MOST_ANSWER_TOKENS = 16_384
"""Thinking counts too. A model that goes on and on is stopped here."""
ASKED_AT_MOST = 2
"""Times one case is asked about, when answers are invalid."""
REFUSED = (400, 401, 403, 404)
"""The key, the model or the form of the request is not accepted: no other case will fare better."""
ASK_AGAIN = "Your answer to this could not be used: {problem}. Answer once more, exactly by the schema."


class Unscored(Exception):
    """This case has no scores; the message says why."""


class Refused(Unscored):
    """The service takes no request of this kind; asking about other cases is of no use."""


class _InvalidAnswer(Exception):
    """An answer that cannot be used; the message says why, in words of ours."""


class UnusableKey(Exception):
    """There is no key, or none that can be sent; the message says what was found, never the key."""


def key_in(environment: Mapping[str, str]) -> SecretStr:
    """The Gemini key of an environment.

    Raises:
        UnusableKey: there is none, or it holds what no key holds (a header could not carry it).
    """
    for variable in KEY_VARIABLES:
        key = environment.get(variable, "").strip()
        if not key:
            continue
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise UnusableKey(f"{variable} is expected to be a key of printable ASCII. Found: other characters in it")
        return SecretStr(key)
    raise UnusableKey(f"neither {' nor '.join(KEY_VARIABLES)} is set")


class Judge:
    """A model that scores lessons; a context manager, which closes its connections."""

    def __init__(
        self,
        key: SecretStr,
        model: str = DEFAULT_MODEL,
        *,
        http_client: "httpx2.Client | None" = None,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        """`http_client`: what requests go through; by default google-genai's own."""
        from google import genai
        from google.genai import types

        self.model = model
        self._key = key
        self._client = genai.Client(
            api_key=key.get_secret_value(),
            enterprise=False,
            http_options=types.HttpOptions(
                timeout=REQUEST_TIMEOUT_MS,
                retry_options=types.HttpRetryOptions(
                    attempts=ATTEMPTS, initial_delay=first_retry_s, max_delay=LONGEST_RETRY_S
                ),
                httpx_client=http_client,
            ),
        )
        # No temperature and the like: Gemini 3 is tuned for its defaults and says to leave them alone.
        self._config = types.GenerateContentConfig(
            system_instruction=instructions(),
            response_mime_type="application/json",
            response_json_schema=Scores.model_json_schema(),
            max_output_tokens=MOST_ANSWER_TOKENS,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()

    def scores_of(self, block: str) -> Scores:
        """What the model says of a case (`rubric.block_of`).

        Raises:
            Unscored: it could not be reached, or did not answer as it must.
        """
        problem = ""
        for _ in range(ASKED_AT_MOST):
            try:
                return _scores(self._ask(block, problem))
            except _InvalidAnswer as invalid:
                problem = str(invalid)
        raise Unscored(f"{ASKED_AT_MOST} invalid answers; the last: {problem}")

    def _ask(self, block: str, problem: str) -> "types.GenerateContentResponse":
        import httpx2
        from google.genai import errors, types

        parts = [types.Part(text=block)]
        if problem:
            parts.append(types.Part(text=ASK_AGAIN.format(problem=problem)))
        try:
            return self._client.models.generate_content(
                model=self.model, contents=types.Content(role="user", parts=parts), config=self._config
            )
        except errors.APIError as error:
            told = self._without_key(f"{error.code} {error.status}: {error.message}")
            raise (Refused if error.code in REFUSED else Unscored)(told) from None
        except httpx2.HTTPError as error:
            raise Unscored(self._without_key(f"{type(error).__name__}: {error}")) from None
        except (errors.UnknownApiResponseError, ValidationError):
            raise _InvalidAnswer("it was no response of this API") from None

    def _without_key(self, text: str) -> str:
        return one_line(text.replace(self._key.get_secret_value(), "[key]"))


def judge_lessons(
    judge: Judge,
    cases: Sequence[LessonCase],
    texts: Sequence[CoachingText],
    *,
    deadline_s: float = DEADLINE_S,
    on_progress: Callable[[int], None] = lambda _: None,
) -> RubricReport:
    """Have every lesson scored.

    Requests under way when the deadline passes are left to end by themselves; their cases count as unscored.

    Args:
        judge: who is asked.
        cases: what the lessons are about.
        texts: the lessons, one per case.
        deadline_s: seconds until whatever is missing is given up.
        on_progress: told how many cases are done, each time one is.
    """
    blocks = [block_of(case, text) for case, text in zip(cases, texts, strict=True)]
    answers: list[Scores | str] = [f"not scored within {deadline_s:g} s"] * len(blocks)
    given_up = Event()
    pool = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="rubric")
    try:
        futures = {pool.submit(_answer, judge, block, given_up): place for place, block in enumerate(blocks)}
        with suppress(TimeoutError):  # of the deadline: what is missing then says so already
            for done, future in enumerate(as_completed(futures, timeout=deadline_s), start=1):
                answers[futures[future]] = future.result()
                on_progress(done)
    finally:
        given_up.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return report_of(judge.model, cases, answers)


def _answer(judge: Judge, block: str, given_up: Event) -> Scores | str:
    if given_up.is_set():
        return "not asked: another request was refused"
    try:
        return judge.scores_of(block)
    except Refused as refused:
        given_up.set()
        return str(refused)
    except Unscored as unscored:
        return str(unscored)


def _scores(response: "types.GenerateContentResponse") -> Scores:
    """The scores in a response.

    `response.parsed` is not asked: it is silently None when an answer was cut off.
    """
    from google.genai import types

    if not response.candidates:
        blocked = response.prompt_feedback and response.prompt_feedback.block_reason
        raise _InvalidAnswer(f"there was none ({blocked.value if blocked else 'no reason given'})")
    candidate = response.candidates[0]
    if candidate.finish_reason is not types.FinishReason.STOP:
        ended = "nothing" if candidate.finish_reason is None else candidate.finish_reason.value
        raise _InvalidAnswer(f"it is expected to end with STOP. Found: {ended}")
    parts = (candidate.content and candidate.content.parts) or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    try:
        return Scores.model_validate_json(text)
    except ValidationError as error:
        raise _InvalidAnswer(_first_fault(error)) from None


def _first_fault(error: ValidationError) -> str:
    """Where an answer fails the schema, and how; nothing the answer says itself, as this goes back into a request."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(name) for name in first["loc"] if name in (*CRITERIA, *Judgement.model_fields))
    return f"{place or 'answer'}: {first['msg']}"
