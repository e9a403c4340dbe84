"""Every sign of `shared.models.analysis.Sign`, looked for in one film."""

from functions.analyze.signs import picture, sound
from functions.analyze.signs.curves import Film
from shared.models.analysis import Evidence

LEAST_STRENGTH = 0.1
"""Weaker evidence is noise."""

UNHEARD = 0.5
"""What is seen counts less where there is sound and yet nothing is heard to fry: perhaps no pan is on the heat."""

DETECTORS = (
    sound.weak_sizzle,
    sound.sizzle_collapse,
    sound.sizzle_fading,
    sound.fierce_sizzle,
    sound.long_silence,
    sound.late_burst,
    sound.splatter,
    picture.smoke_and_steam,
    picture.rapid_browning,
    picture.dark_finish,
    picture.no_browning,
    picture.constant_stirring,
    picture.long_stillness,
    picture.uneven_rhythm,
)


def find_signs(film: Film) -> list[Evidence]:
    """What this film shows, in order of time. Signs of sound are never found in a film without sound."""
    doubt = UNHEARD if film.has_sound and not film.fries else 1.0
    found = [
        evidence.model_copy(update={"strength": round(doubt * evidence.strength, 3)})
        for detect in DETECTORS
        for evidence in detect(film)
    ]
    return sorted((item for item in found if item.strength >= LEAST_STRENGTH), key=lambda item: item.time_s)
