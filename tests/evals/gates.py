"""The gates against strings with a known verdict: precision and recall of refusing."""

from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from shared.gates import hygiene, voice
from shared.gates.action import excess_action
from shared.gates.checks import unspeakable
from shared.gates.measurement import measurements
from shared.models.base import Model
from shared.texts import texts
from tests.evals.metrics import Finding, Metric

STRINGS = Path(__file__).with_name("gate_strings.yaml")
COOK, SESSION = "花子", 2
LOWEST = 0.99


class Verdicts(Model):
    """Strings one gate must refuse and must accept."""

    refuse: list[str]
    accept: list[str]


REFUSES: dict[str, Callable[[str], object]] = {
    "no_measurement": measurements,
    "one_action": excess_action,
    "sensory_cue": voice.missing_sense,
    "reason": voice.missing_reason,
    "warm_endings": voice.cold_ending,
    "kind_words": voice.cold_word,
    "specific": voice.vague_word,
    "refers_back": lambda text: voice.missing_back_reference(text, SESSION),
    "no_sound_claim": voice.sound_words,
    "no_sound_claim_in_advice": voice.sound_claim,
    "no_leakage": hygiene.leakage,
    "no_links": hygiene.link,
    "no_markup": hygiene.markup,
    "no_emoji": hygiene.emoji,
    "no_control_characters": hygiene.control,
    "no_personal_data": lambda text: hygiene.personal_data(text, []),
    "japanese": hygiene.not_japanese,
    "name_san": lambda text: voice.missing_name(text, COOK),
    "pivot_constant": lambda text: text != texts().pivot,
    "speakable": unspeakable,
}
"""What each gate says of a text: something true when it refuses it."""


def read_strings() -> dict[str, Verdicts]:
    """The strings by gate."""
    raw = YAML(typ="safe", pure=True).load(STRINGS.read_text(encoding="utf-8"))
    return {gate: Verdicts.model_validate(verdicts) for gate, verdicts in raw.items()}


def evaluate_gates() -> tuple[list[Metric], list[Finding]]:
    """Precision and recall over all strings, and of the gate with the most of them, and every wrong verdict."""
    strings = read_strings()
    counts = {gate: _judged(gate, verdicts) for gate, verdicts in strings.items()}
    findings = [finding for _, _, _, found in counts.values() for finding in found]

    def ratio(gates: list[str], of: int) -> float:
        right = sum(counts[gate][0] for gate in gates)
        wrong = sum((counts[gate][1], counts[gate][2])[of - 1] for gate in gates)
        return right / (right + wrong)

    everything = list(counts)
    metrics = [
        Metric(
            section="gates",
            name="strings",
            value=sum(len(each.refuse) + len(each.accept) for each in strings.values()),
            bound=200,
        ),
        Metric(section="gates", name="precision", value=ratio(everything, 1), bound=LOWEST),
        Metric(section="gates", name="recall", value=ratio(everything, 2), bound=LOWEST),
        Metric(section="gates", name="precision of no_measurement", value=ratio(["no_measurement"], 1), bound=LOWEST),
        Metric(section="gates", name="recall of no_measurement", value=ratio(["no_measurement"], 2), bound=LOWEST),
    ]
    return metrics, findings


def _judged(gate: str, verdicts: Verdicts) -> tuple[int, int, int, list[Finding]]:
    """Strings rightly refused, wrongly refused, wrongly accepted, and a finding for each wrong one."""
    refuses = REFUSES[gate]
    missed = [text for text in verdicts.refuse if not refuses(text)]
    wronged = [text for text in verdicts.accept if refuses(text)]
    findings = [Finding(section="gates", case=gate, problem=f"accepted: {text}") for text in missed]
    findings += [Finding(section="gates", case=gate, problem=f"refused: {text}") for text in wronged]
    return len(verdicts.refuse) - len(missed), len(wronged), len(missed), findings
