"""Every sign of `shared.models.analysis.Sign`, looked for in one film."""

from functions.analyze import picture_signs, sound_signs
from functions.analyze.curves import Film
from shared.models.analysis import Evidence

LEAST_STRENGTH = 0.1
"""Weaker evidence is noise."""

UNHEARD = 0.5
"""What is seen counts less where there is sound and yet nothing is heard to fry: perhaps no pan is on the heat."""

DETECTORS = (
    sound_signs.weak_sizzle,
    sound_signs.sizzle_collapse,
    sound_signs.sizzle_fading,
    sound_signs.fierce_sizzle,
    sound_signs.long_silence,
    sound_signs.late_burst,
    sound_signs.splatter,
    picture_signs.smoke_and_steam,
    picture_signs.rapid_browning,
    picture_signs.dark_finish,
    picture_signs.no_browning,
    picture_signs.constant_stirring,
    picture_signs.long_stillness,
    picture_signs.uneven_rhythm,
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
